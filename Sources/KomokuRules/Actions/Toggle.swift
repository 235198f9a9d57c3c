import Komoku
import KomokuExpression
import KomokuHub
import KomokuSystem
import KomokuYAML

/// `toggle: hall.light`: makes true of false, and false of true.
struct Toggle: Operation {
    let target: KeyTarget

    init(_ target: KeyTarget) {
        self.target = target
    }

    var word: String { Self.word }
    var listing: String { "toggle \(target.text)" }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) { visitor.change(target, .toggle) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let key = try target.key(run)
        return .outside(ToggleErrand(key: key), target.effect(word, key, hidden: policy.hidesContent))
    }
}

struct ToggleErrand: Errand {
    let key: KeyName

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        guard let value = hub.last(key)?.value.flatMap(\.boolean) else {
            return .refused(OutputFailure("\(key) is neither true nor false", isTransient: false))
        }
        return performer.command(key, .bool(!value), run, isEchoed: true, in: hub) { cause throws(CommandError) in
            try hub.put(key, .bool(!value), cause: cause)
        }
    }
}

extension Toggle: Action {
    static let word = "toggle"
    static let options = ActionOptions.command
    static let isImmediate = true

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.toggle(written.setting, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {
        for key in node.sequence ?? [node] { scan.make(key, place, .boolean) }
    }
}

extension RuleReader {
    fileprivate func toggle(_ setting: Setting, _ place: Place) {
        if setting.node.entries != nil {
            setting.mismatch(expecting: "a key, or a list of them", remedy: "write toggle: hall.light")
            return
        }
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'toggle' names no key", remedy: "write toggle: hall.light") }
        for item in items {
            guard let (target, declaration) = target(item) else { continue }
            if let kind = declaration.kind, kind != .boolean {
                item.error("'toggle' needs true or false, '\(target.text)' is \(kind.phrase)")
            }
            add(Toggle(target), place)
        }
    }
}
