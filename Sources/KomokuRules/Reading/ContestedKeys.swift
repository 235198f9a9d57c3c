import Komoku
import KomokuExpression
import KomokuHub
import KomokuYAML

/// Finds rules that fight over a key: on the same occasion two of them put different constants to it at once. Only those are
/// told of which it is sure: the same trigger, one of them without a condition or both with the same, the puts not chosen
/// and before any wait.
struct ContestedKeys {
    private struct Put {
        let rule: Rule
        let trigger: Trigger
        let value: Value
    }

    private let rules: [Rule]
    private let report: SettingsReport

    /// Puts on one occasion to one key that are compared.
    private static let maximum = 16

    init(_ rules: [Rule], _ report: SettingsReport) {
        self.rules = rules
        self.report = report
    }

    func run() {
        var found: [KeyName: [(rule: Rule, value: Value)]] = [:]
        for rule in rules {
            for (key, value) in Self.constants(of: rule) { found[key, default: []].append((rule, value)) }
        }
        // Most keys are put by one rule, or to one value.
        for (key, puts) in found.sorted(by: { $0.key < $1.key })
        where puts.contains(where: { $0.value != puts.first?.value }) {
            compare(puts, key)
        }
    }

    private func compare(_ puts: [(rule: Rule, value: Value)], _ key: KeyName) {
        var seen: [String: [Put]] = [:]
        for (rule, value) in puts {
            for trigger in rule.triggers {
                guard let occasion = trigger.occasion else { continue }
                let put = Put(rule: rule, trigger: trigger, value: value)
                let others = seen[occasion] ?? []
                if let rival = others.first(where: { Self.fight($0, put) }) { tell(rival, put, key) }
                if others.count < Self.maximum { seen[occasion] = others + [put] }
            }
        }
    }

    /// The last constant that each key gets at once.
    private static func constants(of rule: Rule) -> [KeyName: Value] {
        var values: [KeyName: Value] = [:]
        for instruction in rule.procedure.immediate {
            for case (let key, .value(let content)) in instruction.operation.changes.all {
                if case .constant(let json) = content { values[key] = Value(constant: json) } else { values[key] = nil }
            }
        }
        return values
    }

    private static func fight(_ one: Put, _ other: Put) -> Bool {
        guard one.value != other.value, one.rule !== other.rule, one.trigger.hold == other.trigger.hold,
            one.trigger.form.overlaps(other.trigger.form)
        else { return false }
        guard let first = one.rule.condition, let second = other.rule.condition else { return true }
        return first.text.utf8.elementsEqual(second.text.utf8)
    }

    private func tell(_ one: Put, _ other: Put, _ key: KeyName) {
        report.warning(
            at: other.rule.position,
            "the rules '\(other.rule.name)' and '\(one.rule.name)' fight over '\(key)': on the same '\(other.trigger.word)' one puts \(other.value.json.text), the other \(one.value.json.text) (\(one.rule.position))",
            remedy: "give one a condition that the other does not meet, or make them one")
    }
}

extension Trigger {
    /// What two triggers have in common that can fire at once; nil where it is not looked at.
    fileprivate var occasion: String? {
        switch form {
        case .change(let pattern, _, _, _): "change \(pattern)"
        case .event(let pattern, _): "event \(pattern)"
        case .freshness(let pattern, let freshness): "\(freshness.rawValue) \(pattern)"
        case .becomes(let expression): "becomes \(expression.text)"
        case .mqtt(let filter, _): "mqtt \(filter)"
        case .schedule, .webhook, .emit, .start, .purpose: description
        case .command: nil
        }
    }
}

extension Trigger.Form {
    /// Of two forms on the same occasion.
    fileprivate func overlaps(_ other: Trigger.Form) -> Bool {
        switch (self, other) {
        case (.change(_, let to, let from, _), .change(_, let otherTo, let otherFrom, _)):
            Self.meet(to, otherTo) && Self.meet(from, otherFrom)
        case (.event(_, let values), .event(_, let others)): Self.meet(values, others)
        case (.mqtt(_, let payloads), .mqtt(_, let others)): Self.meet(payloads, others)
        default: true
        }
    }

    private static func meet<Item: Equatable>(_ some: [Item]?, _ others: [Item]?) -> Bool {
        guard let some, let others else { return true }
        return some.contains { others.contains($0) }
    }
}
