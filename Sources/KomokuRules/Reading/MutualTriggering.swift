import Komoku
import KomokuExpression
import KomokuYAML

/// Finds rules that start each other for ever. What they put at once is played through from each of their triggers on; told of
/// are those whose puts go on and on, whatever else the house does.
struct MutualTriggering {
    private let rules: [Rule]
    private let report: SettingsReport
    /// The rules that changes of a key start, by its name.
    private let listeners: [KeyName: [Int]]

    /// Changes that follow from one are played so far.
    private static let longest = 48
    /// So many beginnings are played.
    private static let maximum = 5_000

    init(_ rules: [Rule], _ report: SettingsReport) {
        var listeners: [KeyName: [Int]] = [:]
        for (place, rule) in rules.enumerated() {
            for key in Set(rule.triggers.compactMap(\.changedKey)) { listeners[key, default: []].append(place) }
        }
        (self.rules, self.report, self.listeners) = (rules, report, listeners)
    }

    fileprivate struct Change {
        let key: KeyName
        let from: Value?
        let to: Value
    }

    func run() {
        var told: Set<[Int]> = []
        var left = Self.maximum
        for (place, rule) in rules.enumerated() where !rule.program.immediate.isEmpty {
            for trigger in rule.triggers {
                guard let key = trigger.changedKey, left > 0 else { continue }
                left -= 1
                for value in trigger.values {
                    guard let cycle = cycle(from: Change(key: key, from: nil, to: value)), cycle.contains(place),
                        told.insert(cycle).inserted
                    else { continue }
                    tell(cycle, trigger)
                }
            }
        }
    }

    private func tell(_ cycle: [Int], _ trigger: Trigger) {
        let names = cycle.map { "'\(rules[$0].name)'" }.joined(separator: " and ")
        report.warning(
            at: trigger.position, "the rules \(names) start each other again and again",
            remedy: "give one of them an 'if' that ends it, or narrow its trigger")
    }

    /// The rules that go on starting each other after a change; nil where it comes to an end, or only one of them does.
    private func cycle(from first: Change) -> [Int]? {
        var state: [KeyName: Value] = [first.key: first.to]
        var changes = [first]
        var next = 0
        var late: Set<Int> = []
        while next < changes.count {
            guard next < Self.longest else { return late.count > 1 ? late.sorted() : nil }
            let change = changes[next]
            next += 1
            for place in listeners[change.key] ?? [] where rules[place].starts(by: change, state) {
                if next > Self.longest / 2 { late.insert(place) }
                for instruction in rules[place].program.immediate {
                    for (key, change) in instruction.operation.changes.all {
                        guard let value = Self.result(of: change, state[key]), state[key] != value else { continue }
                        changes.append(Change(key: key, from: state[key], to: value))
                        state[key] = value
                    }
                }
            }
        }
        return nil
    }

    /// What a key becomes; nil where that is not known.
    private static func result(of change: KeyChange, _ value: Value?) -> Value? {
        switch change {
        case .value(.constant(let json)): Value(constant: json)
        case .toggle: .boolean(!(value?.boolean ?? false))
        case .step(nil): .number((value?.number ?? 0) + 1)
        case .value, .step: nil
        }
    }
}

extension Rule {
    /// Whether a change starts it, as far as is known: a condition that is not known to hold lets nothing through.
    fileprivate func starts(by change: MutualTriggering.Change, _ state: [KeyName: Value]) -> Bool {
        let fires = triggers.contains { trigger in
            guard case .change(let pattern, let to, let from, nil) = trigger.form, trigger.hold == nil,
                pattern.name == change.key, to?.contains(change.to) ?? true
            else { return false }
            guard !trigger.notTo.contains(change.to), !trigger.excludes(from: change.from) else { return false }
            guard let from, let old = change.from else { return true }
            return from.contains(old)
        }
        guard fires else { return false }
        guard let condition else { return true }
        let outcome = condition.evaluate { reference in
            switch reference {
            case .key(let key): state[key]
            case .local("value"): change.to
            case .local("previous"): change.from
            default: nil
            }
        }
        return outcome == .boolean(true)
    }
}

extension Trigger {
    /// The key whose change fires it at once.
    fileprivate var changedKey: KeyName? {
        guard case .change(let pattern, _, _, nil) = form, hold == nil else { return nil }
        return pattern.name
    }

    /// Values to begin with.
    fileprivate var values: [Value] {
        guard case .change(_, let to, _, _) = form else { return [] }
        return to.map { Array($0.prefix(4)) } ?? [.boolean(true), .number(1)]
    }
}
