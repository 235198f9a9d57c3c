import Komoku
import KomokuExpression
import KomokuYAML

/// `choose: [{if: …, then: …}, {else: …}]`: the first alternative whose condition holds.
enum Choose: Action {
    static let word = "choose"
    static let options: ActionOptions = []
    static let isBlock = true
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["switch_case"], "choose"), (["default"], "write {else: …} as the last item of 'choose'"),
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.choose(written.setting, written.place)
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) { scan.scan(node, place) }
}

extension RuleReader {
    fileprivate func choose(_ setting: Setting, _ place: Place) -> Dead? {
        guard let items = setting.value(.list(of: .item)) else { return nil }
        if items.isEmpty { setting.error("'choose' is empty", remedy: "write choose: [{if: …, then: …}]") }
        let before = scope
        var (jumps, outcomes): ([Int], [Scope]) = ([], [])
        var all: Dead? = .run
        var hasElse = false
        for (index, item) in items.enumerated() {
            item.read { settings in
                scope = before
                if hasElse {
                    settings.error("this is never reached: 'else' comes before it", remedy: "put 'else' last")
                }
                let dead: Dead?
                settings.declare("if", "then", "else")
                defer { settings.refuseStrangers(to: .alternative) }
                if settings.has("else"), !settings.has("if") {
                    hasElse = true
                    dead = settings.required("else", .item).flatMap { block($0, path: "\(place.step).else.") }
                    if settings.has("then") {
                        settings.error(at: "then", "'then' has no 'if'", remedy: "the actions of 'else' stand under it")
                    }
                } else {
                    dead = alternative(settings, "\(place.step).\(index + 1).then.", place, &jumps)
                }
                if dead == nil { outcomes.append(scope) }
                all = Dead.both(all, dead)
            }
        }
        for jump in jumps { procedure.land(jump) }
        if !hasElse { outcomes.append(before) }
        scope = outcomes.dropFirst().reduce(outcomes.first ?? before) { $0.joined(with: $1) }
        return hasElse && outcomes.isEmpty ? all ?? .run : nil
    }

    private func alternative(
        _ settings: SettingsReader, _ path: String, _ place: Place, _ jumps: inout [Int]
    ) -> Dead? {
        let condition = settings.needed("if", .item, of: .alternative, remedy: "or 'else', at the end")
            .flatMap { self.condition($0, isWatched: true) }
        let start = condition.map { add(Branch($0), place) }
        let dead = settings.needed("then", .item, of: .alternative).flatMap { block($0, path: path) }
        if settings.has("else") {
            settings.error(
                at: "else", "'else' is an item of its own", remedy: "write {else: …} as the last item of 'choose'")
        }
        jumps.append(add(Jump(), place))
        if let start { procedure.land(start) }
        return dead
    }
}
