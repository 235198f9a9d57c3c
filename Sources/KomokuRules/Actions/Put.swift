import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// `put: {hall.light: true}`: gives keys values.
struct Put: Operation {
    let target: KeyTarget
    let content: Content

    init(_ target: KeyTarget, _ content: Content) {
        self.target = target
        self.content = content
    }

    var word: String { Self.word }
    var listing: String { "put \(target.text) = \(content)" }
    var standing: Run.Standing? { .outside }

    func visit(_ visitor: inout some PartVisitor) {
        visitor.change(target, .value(content))
        visitor.content(content)
    }

    func work(
        _ run: Run, _ policy: Instruction.Policy, _ lookup: (Reference) -> Value?, _ nextKey: Run.NextKey
    ) throws(UnknownContent) -> Run.Work {
        let (key, json) = (try target.key(run), try content.filledIn(lookup))
        return .outside(
            PutErrand(key: key, value: json), target.effect(word, key, json.excerpt, hidden: policy.hidesContent))
    }
}

struct PutErrand: Errand {
    let key: KeyName
    let value: JSON

    func perform(_ run: Run, at rule: Int, by performer: any Performer, in hub: isolated Hub) -> Performance {
        performer.command(key, value, run, isEchoed: true, in: hub) { cause throws(CommandError) in
            try hub.put(key, value, cause: cause)
        }
    }
}

extension Put: Action {
    static let word = "put"
    static let options = ActionOptions.command
    static let isImmediate = true
    static let elsewhere: [(names: [String], meaning: String)] = [
        (
            [
                "service", "action", "perform_action", "turn_on", "turn_off", "set_value", "send_command", "state",
                "switch", "light",
            ], "write put: {hall.light: true}"
        )
    ]

    static func read(_ written: WrittenAction, _ reader: RuleReader) -> Dead? {
        reader.put(written.setting, written.place)
        return nil
    }

    static func scan(_ node: YAMLNode, _ scan: inout RuleScan, _ place: RuleScan.Place) {
        for entry in node.entries ?? [] { scan.make(entry.key, place, entry.value.kindPut) }
    }
}

extension RuleReader {
    fileprivate func put(_ setting: Setting, _ place: Place) {
        guard let written = setting.node.entries, !written.isEmpty, !namesKeyAndValue(written) else {
            let key = setting.node.text.flatMap { KeyName($0)?.text } ?? "hall.light"
            let remedy =
                setting.node.isNull
                ? "indent the keys below it further than 'put', or write put: {\(key): true}"
                : "write put: {\(key): true}"
            setting.mismatch(expecting: "keys with their values", remedy: remedy)
            return
        }
        guard let entries = setting.value(.entries(.item, .item)) else { return }
        for entry in entries {
            guard let (target, declaration) = target(entry.key),
                let content = content(entry.value, for: target.text, declaration)
            else { continue }
            add(Put(target, content), place)
        }
    }

    /// `{key: hall.light, value: true}`, where no keys are called so.
    private func namesKeyAndValue(_ entries: [YAMLNode.Entry]) -> Bool {
        let names = entries.compactMap(\.key.text)
        return names.contains("value") && ["key", "entity", "entity_id", "name"].contains { names.contains($0) }
            && names.allSatisfy { name in KeyName(name).flatMap { reading.known.declaration($0) } == nil }
    }
}

extension YAMLNode {
    /// What is put, as far as it is known before the expressions are.
    fileprivate var kindPut: ValueKind? {
        switch scalar?.value {
        case .bool: .boolean
        case .integer, .float: .number
        // The hub takes a new key's first "true" for a boolean.
        case .string("true"), .string("false"): nil
        case .string: .text
        case .null, nil: nil
        }
    }
}
