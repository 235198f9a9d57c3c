import Komoku
import KomokuExpression
import KomokuYAML

/// Finds rules that start each other for ever. What they put at once is played through from each of their triggers on; told of
/// are those whose puts go on and on, whatever else the house does.
struct MutualTriggering {
    private let rules: [Rule]
    private let report: SettingsReport
    /// The triggers of each; one that is for a purpose as it is for each key.
    private let triggers: [[Trigger]]
    /// What each does at once.
    private let immediate: [[Instruction]]
    /// The rules that changes of a key start, by its name.
    private let listeners: [KeyName: [Int]]
    /// Those that changes of keys by patterns start.
    private let openListeners: [(pattern: KeyPattern, place: Int)]
    /// A key that some rule puts, for a pattern that it matches.
    private let put: [KeyName]

    /// Changes that follow from one are played so far.
    private static let longest = 48
    /// So many beginnings are played, and of all of them together so many rules looked at: thousands of rules for one key are one
    /// beginning, but each change asks all of them.
    private static let maximum = 5_000
    private static let maximumLooks = 1_000_000

    /// More keys of a trigger for a purpose are not looked at.
    private static let maximumKeys = 50

    init(_ rules: [Rule], _ keys: KnownKeys, _ report: SettingsReport) {
        triggers = rules.map { rule in
            rule.triggers.flatMap { trigger in
                guard case .purpose(let form) = trigger.form else { return [trigger] }
                return keys.matches(of: form, trigger).prefix(Self.maximumKeys).map(\.trigger)
            }
        }
        immediate = rules.map(\.procedure.immediate)
        var listeners: [KeyName: [Int]] = [:]
        var open: [(KeyPattern, Int)] = []
        for (place, triggers) in triggers.enumerated() {
            let patterns = triggers.compactMap(\.changed)
            for key in Set(patterns.compactMap(\.name)) { listeners[key, default: []].append(place) }
            open += patterns.filter { $0.name == nil }.map { ($0, place) }
        }
        let changes = immediate.flatMap { $0.flatMap { $0.operation.changes.all.map(\.key) } }
        (self.rules, self.report, self.listeners, openListeners) = (rules, report, listeners, open)
        put = open.isEmpty ? [] : Set(changes).sorted()
    }

    fileprivate struct Change {
        let key: KeyName
        let from: Value?
        let to: Value
    }

    /// What was found out so far.
    private struct Memory {
        struct Beginning: Hashable {
            let key: KeyName
            let value: Value
        }

        var cycles: [Beginning: [Int]?] = [:]
        var listening: [KeyName: [Int]] = [:]
        var looks = 0
        var isExhausted: Bool { cycles.count >= maximum || looks >= maximumLooks }
    }

    /// The rules that a change of a key may start, in their order.
    private func listening(to key: KeyName, _ memory: inout Memory) -> [Int] {
        if let known = memory.listening[key] { return known }
        let named = listeners[key] ?? []
        let open = openListeners.filter { $0.pattern.matches(key) }.map(\.place)
        memory.looks += openListeners.count
        let found = open.isEmpty ? named : Set(named + open).sorted()
        memory.listening[key] = found
        return found
    }

    func run() {
        var told: Set<[Int]> = []
        var memory = Memory()
        for place in rules.indices where !immediate[place].isEmpty {
            for trigger in triggers[place] {
                guard let pattern = trigger.changed, let key = key(for: pattern, &memory) else { continue }
                for value in trigger.values {
                    guard let cycle = cycle(from: Memory.Beginning(key: key, value: value), &memory),
                        cycle.contains(place), told.insert(cycle).inserted
                    else { continue }
                    tell(cycle, trigger)
                }
            }
        }
    }

    /// A key whose change a trigger hears; nil where no rule puts one, or where too many were looked at.
    private func key(for pattern: KeyPattern, _ memory: inout Memory) -> KeyName? {
        if let name = pattern.name { return name }
        guard !memory.isExhausted else { return nil }
        let index = put.firstIndex(where: pattern.matches)
        memory.looks += (index ?? put.count) + 1
        return index.map { put[$0] }
    }

    private func cycle(from beginning: Memory.Beginning, _ memory: inout Memory) -> [Int]? {
        if let known = memory.cycles[beginning] { return known }
        guard !memory.isExhausted else { return nil }
        let cycle = cycle(from: Change(key: beginning.key, from: nil, to: beginning.value), &memory)
        memory.cycles[beginning] = .some(cycle)
        return cycle
    }

    private func tell(_ cycle: [Int], _ trigger: Trigger) {
        let names = cycle.map { "'\(rules[$0].name)'" }.joined(separator: " and ")
        report.warning(
            at: trigger.position, "the rules \(names) start each other again and again",
            remedy: "give one of them an 'if' that ends it, or narrow its trigger")
    }

    /// The rules that go on starting each other after a change; nil where it comes to an end, or only one of them does.
    private func cycle(from first: Change, _ memory: inout Memory) -> [Int]? {
        var state: [KeyName: Value] = [first.key: first.to]
        var changes = [first]
        var next = 0
        var late: Set<Int> = []
        while next < changes.count {
            guard next < Self.longest else { return late.count > 1 ? late.sorted() : nil }
            let change = changes[next]
            next += 1
            let places = listening(to: change.key, &memory)
            memory.looks += places.count
            for place in places where rules[place].starts(by: change, state, triggers[place]) {
                if next > Self.longest / 2 { late.insert(place) }
                for instruction in immediate[place] {
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
    fileprivate func starts(
        by change: MutualTriggering.Change, _ state: [KeyName: Value], _ triggers: [Trigger]
    ) -> Bool {
        let fires = triggers.contains { trigger in
            guard case .change(let pattern, let to, let from, nil) = trigger.form, trigger.hold == nil,
                pattern.matches(change.key), trigger.threshold == nil, to?.contains(change.to) ?? true
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
    /// The keys whose changes fire it at once.
    fileprivate var changed: KeyPattern? {
        guard case .change(let pattern, _, _, nil) = form, hold == nil, threshold == nil else { return nil }
        return pattern
    }

    /// Values to begin with.
    fileprivate var values: [Value] {
        guard case .change(_, let to, _, _) = form else { return [] }
        return to.map { Array($0.prefix(4)) } ?? [.boolean(true), .number(1)]
    }
}
