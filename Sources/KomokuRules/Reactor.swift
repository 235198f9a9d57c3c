package import Komoku
import KomokuExpression
package import KomokuHub

/// Decides which rules a change concerns. Pure: it reads values through a closure and performs nothing.
///
/// A change is taken whole: all triggers and conditions look at the state that it made, then the runs go one after another
/// in the order of the rules.
package struct Reactor: Sendable {
    package typealias Lookup = (KeyName) -> Value?

    /// How many changes made by rules may lead to one another before the rule at the end of the chain is paused.
    package static let maximumDepth = 16

    private struct Entry: Sendable {
        let rule: Rule
        /// For each `becomes` trigger, by its index: whether it held when it was last looked at.
        var held: [Int: Bool] = [:]
        var statistics = Statistics()
    }

    private var entries: [Entry]
    /// The rules that a change of this very key can concern.
    private var byName: [KeyName: [Int]] = [:]
    private var byPattern: [(pattern: KeyPattern, index: Int)] = []
    /// Every key whose changes matter.
    package private(set) var keys: [KeyPattern] = []

    package init(_ rules: [Rule]) {
        entries = rules.map { Entry(rule: $0) }
        var known: Set<KeyPattern> = []
        for (index, rule) in rules.enumerated() {
            for pattern in rule.triggers.flatMap(\.keys) {
                if known.insert(pattern).inserted { keys.append(pattern) }
                if let name = pattern.name {
                    if byName[name]?.last != index { byName[name, default: []].append(index) }
                } else {
                    byPattern.append((pattern, index))
                }
            }
        }
    }

    /// Takes `becomes` as it is now for where it starts from, except for the rules that `old` had with the same content:
    /// those go on from where they were. Call it before the first change.
    package mutating func start(keeping old: Reactor? = nil, _ lookup: Lookup) {
        var before: [String: Entry] = [:]
        for entry in old?.entries ?? [] { before[entry.rule.name] = entry }
        for index in entries.indices {
            let rule = entries[index].rule
            if let entry = before[rule.name], let content = rule.content, entry.rule.content == content {
                entries[index].held = entry.held
                entries[index].statistics = entry.statistics
                // Whoever reloads has looked at the rule.
                entries[index].statistics.isPaused = false
                continue
            }
            for (number, trigger) in rule.triggers.enumerated() {
                guard case .becomes(let expression, _) = trigger else { continue }
                entries[index].held[number] = expression.holds { Self.value(of: $0, lookup) }
            }
        }
    }

    /// The runs that a change starts.
    package mutating func handle(_ change: Change, _ lookup: Lookup) -> Decision {
        // The key may have moved on already; the change is what this is about.
        func present(_ key: KeyName) -> Value? { key == change.key ? change.value : lookup(key) }
        let firing = concerned(by: change.key).filter { fires($0, change, present) }
        return runs(firing, change, present)
    }

    /// The runs that a key starts by going stale or recovering; in them `value` and `previous` are its last value.
    package mutating func handle(_ event: FreshnessEvent, _ lookup: Lookup) -> Decision {
        guard let change = event.change else { return Decision() }
        let firing = concerned(by: event.key).filter { index in
            entries[index].rule.triggers.contains { Self.fires($0, event) }
        }
        return runs(firing, change) { $0 == change.key ? change.value : lookup($0) }
    }

    private static func fires(_ trigger: Trigger, _ event: FreshnessEvent) -> Bool {
        guard case .freshness(let pattern, let freshness, let firesOnRetained) = trigger else { return false }
        return freshness == event.freshness && pattern.matches(event.key)
            && event.provenance.fires(onRetained: firesOnRetained)
    }

    private mutating func runs(_ firing: [Int], _ change: Change, _ present: Lookup) -> Decision {
        var decision = Decision()
        for index in firing {
            guard !entries[index].statistics.isPaused else { continue }
            let rule = entries[index].rule
            if let condition = rule.condition, !condition.holds({ Self.value(of: $0, change, present) }) {
                entries[index].statistics.skipped += 1
                continue
            }
            guard change.cause.depth < Self.maximumDepth else {
                entries[index].statistics.isPaused = true
                decision.paused.append(rule.name)
                continue
            }
            decision.runs.append(Run(rule: rule, index: index, change: change))
        }
        return decision
    }

    /// Notes how a run ended.
    package mutating func end(_ run: Run, failed: Bool, at time: Timestamp) {
        entries[run.index].statistics.runs += 1
        if failed { entries[run.index].statistics.failures += 1 }
        entries[run.index].statistics.lastRun = time
    }

    /// By rule, the keys that its triggers and its condition name.
    var namedKeys: [(rule: String, keys: [KeyName])] {
        entries.map { entry in
            let keys = entry.rule.triggers.flatMap(\.keys).compactMap(\.name) + (entry.rule.condition?.keys ?? [])
            return (entry.rule.name, Set(keys).sorted())
        }
    }

    package var statistics: [(rule: String, statistics: Statistics)] {
        entries.map { ($0.rule.name, $0.statistics) }
    }

    private func concerned(by key: KeyName) -> [Int] {
        let named = byName[key] ?? []
        let matching = byPattern.filter { $0.pattern.matches(key) }.map(\.index)
        return matching.isEmpty ? named : Array(Set(named).union(matching)).sorted()
    }

    /// Whether one of the rule's triggers fires; each `becomes` among them is looked at, whatever the others do.
    private mutating func fires(_ index: Int, _ change: Change, _ lookup: Lookup) -> Bool {
        var fires = false
        for (number, trigger) in entries[index].rule.triggers.enumerated() {
            switch trigger {
            case .change(let pattern, let to, let from, let firesOnRetained):
                fires =
                    fires
                    || change.provenance.fires(onRetained: firesOnRetained) && pattern.matches(change.key)
                        && to?.contains(change.value) != false && Self.matches(from, change.previous)
            case .becomes(let expression, let firesOnRetained):
                guard expression.keys.contains(change.key) else { continue }
                let holds = expression.holds { Self.value(of: $0, lookup) }
                let held = entries[index].held.updateValue(holds, forKey: number) ?? false
                fires = fires || holds && !held && change.provenance.fires(onRetained: firesOnRetained)
            case .freshness: continue
            }
        }
        return fires
    }

    private static func matches(_ values: [Value]?, _ value: Value?) -> Bool {
        guard let values else { return true }
        return value.map(values.contains) ?? false
    }

    private static func value(of reference: Reference, _ lookup: Lookup) -> Value? {
        if case .key(let name) = reference { lookup(name) } else { nil }
    }

    static func value(of reference: Reference, _ change: Change, _ lookup: Lookup) -> Value? {
        switch reference {
        case .key(let name): lookup(name)
        case .local("value"): change.value
        case .local("previous"): change.previous
        case .local("key"): .string(change.key.text)
        case .local: nil
        }
    }
}

extension Reactor {
    /// What a change leads to.
    package struct Decision: Sendable {
        /// To be performed in this order.
        package var runs: [Run] = []
        /// Rules that stopped listening, because the chain of changes had become too deep.
        package var paused: [String] = []
    }

    /// What a rule did since it was first loaded with its present content.
    package struct Statistics: Hashable, Sendable {
        /// Failed ones included.
        package var runs = 0
        /// Times that a trigger fired and the condition did not hold.
        package var skipped = 0
        package var failures = 0
        package var lastRun: Timestamp?
        package var isPaused = false
    }
}

extension Provenance {
    /// Whether a trigger takes a change of this provenance for news.
    fileprivate func fires(onRetained: Bool) -> Bool {
        switch self {
        case .live, .derived: true
        case .retained: onRetained
        case .restored, .backfill: false
        }
    }
}
