import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// `snapshot: ["*.light", hall.blinds]`, `as: evening`: remembers what keys are that can be put, for `restore`.
struct Snapshot: Operation {
    let patterns: [KeyPattern]
    let name: CompiledTemplate

    var word: String { Self.word }
    var listing: String { "snapshot \(patterns.map(\.text).joined(separator: ", ")) as \(name.written)" }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        for pattern in patterns { visitor.keys(pattern) }
        visitor.template(name)
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let name = try name.known(lookup)
        return .outside(SnapshotErrand(name: name, patterns: patterns), RunEffect(verb: word, text: name))
    }
}

struct SnapshotErrand: Errand {
    let name: String
    let patterns: [KeyPattern]

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.takeSnapshot(name, of: patterns, in: hub)
    }
}

extension Snapshot: Action {
    static let word = "snapshot"
    static let options = ActionOptions.onError
    static let ownOptions = ["as"]
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["scene.create", "save", "remember"], "write snapshot: [\"*.light\"], as: NAME")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.snapshot(written.setting, written.beside, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, beside: YAMLNode, _ scan: inout RuleScan) {
        scan.snapshots.insert(beside["as"]?.text ?? "")
    }
}

/// `restore: evening`: puts back what a snapshot remembers, where it is something else now.
struct Restore: Operation {
    let name: CompiledTemplate

    var word: String { Self.word }
    var listing: String { "restore \(name.written)" }
    var standing: Run.Standing? { .outside }
    var mayEndLoop: Bool { true }

    func visit(_ visitor: inout some PartVisitor) { visitor.template(name) }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let name = try name.known(lookup)
        return .outside(RestoreErrand(name: name), RunEffect(verb: word, text: name))
    }
}

struct RestoreErrand: Errand {
    let name: String

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.restoreSnapshot(name, by: run, in: hub)
    }
}

extension Restore: Action {
    static let word = "restore"
    static let options = ActionOptions.command
    static let elsewhere: [(names: [String], meaning: String)] = [
        (["scene.turn_on", "apply"], "write restore: NAME, of a snapshot")
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.restore(written.setting, written.place)
        return nil
    }
}

extension RuleReader {
    fileprivate func snapshot(_ setting: Setting, _ beside: SettingsReader, _ place: Place) {
        guard let named = beside.hasOneEntry ? nil : beside.setting("as") else {
            setting.error("'snapshot' needs 'as'", remedy: "write {snapshot: [\"*.light\"], as: evening}")
            return
        }
        if setting.node.entries != nil {
            setting.mismatch(
                expecting: "a key, a pattern, or a list of them",
                remedy: "write snapshot: [\"*.light\"], with 'as' beside it")
            return
        }
        let items = setting.items ?? [setting]
        if items.isEmpty { setting.error("'snapshot' names no key", remedy: "write snapshot: [\"*.light\"]") }
        var patterns: [KeyPattern] = []
        for item in items {
            guard let (pattern, declaration) = watched(item) else { continue }
            if pattern.isLiteral, !declaration.isWritable || declaration.isEvent == true {
                item.warning("'\(pattern)' cannot be put, so it is not remembered")
            }
            patterns.append(pattern)
        }
        guard let name = template(named) else { return }
        if name.constant?.isEmpty ?? false { named.error("'as' is empty") }
        add(Snapshot(patterns: patterns, name: name), place)
    }

    fileprivate func restore(_ setting: Setting, _ place: Place) {
        guard let name = template(setting) else { return }
        let known = reading.snapshots
        if let text = name.constant, !known.contains(where: { $0.contains("{") }),
            !known.contains(where: { $0.utf8.elementsEqual(text.utf8) })
        {
            setting.warning(
                "no rule takes a snapshot '\(text.prefix(80))'",
                remedy: Suggestion.question(for: text, in: known.sorted())
                    ?? "write snapshot: [\"*.light\"], as: \(text.prefix(80))")
        }
        add(Restore(name: name), place)
    }
}
