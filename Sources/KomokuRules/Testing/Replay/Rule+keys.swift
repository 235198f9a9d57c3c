package import Komoku
import KomokuExpression

extension RuleSet {
    /// The keys that rules and scripts are fired by and read, each once, in the order of their names; a key that is computed is
    /// a pattern.
    package var keysRead: [KeyPattern] {
        var patterns: [String: KeyPattern] = [:]
        for rule in rules {
            for pattern in rule.keysRead { patterns[pattern.text] = pattern }
        }
        return patterns.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { patterns[$0] }
    }
}

extension RuleSet {
    /// How much history of before the first moment what is asked of a key may need; for a pattern, of each that matches. Nil is none.
    package func lookBack(of pattern: KeyPattern) -> Duration? {
        let all = rules.flatMap(\.reads.lookBacks)
        let lengths = all.filter { lookBack in lookBack.key.map { pattern.matches($0) } ?? (pattern.name == nil) }
        return lengths.map { $0.length ?? Self.usualLookBack }.max()
    }

    /// Whether some length of time is known only when the rule runs.
    package var hasOpenLookBacks: Bool { rules.contains { $0.reads.lookBacks.contains { $0.length == nil } } }

    /// Of what is known only then.
    package static let usualLookBack = Duration.seconds(7 * 86_400)
}

extension Rule {
    /// What all of its expressions read.
    fileprivate var reads: Reads {
        var found = ReadsFound()
        for case .becomes(let expression) in triggers.map(\.form) { found.expression(expression) }
        if let condition { found.expression(condition) }
        procedure.visit(&found)
        return found.reads
    }

    fileprivate var keysRead: [KeyPattern] {
        var found = ReadsFound()
        for trigger in triggers {
            if case .becomes(let expression) = trigger.form {
                found.expression(expression)
            } else {
                found.trigger(trigger)
            }
        }
        for case .computed(let expression)? in triggers.map(\.hold) { found.expression(expression) }
        if let condition { found.expression(condition) }
        procedure.visit(&found)
        let reads = found.reads
        return found.patterns + reads.patterns + reads.keys.map { KeyPattern($0) }
            + reads.computedKeys.compactMap(\.pattern)
    }
}

extension Rule {
    /// All keys that it is fired by, reads and changes; nil where one is known only when it runs, or devices are asked for.
    package var keysNamed: [KeyPattern]? {
        let reads = reads
        var changes = ChangesFound()
        procedure.visit(&changes)
        let isOpen = changes.hasComputed || reads.computedKeys.contains { $0.pattern == nil }
        guard !isOpen, reads.devices.isEmpty else { return nil }
        return keysRead + changes.all.map { KeyPattern($0.key) }
    }

    /// The scripts and rules that it calls.
    package var namesCalled: [String] {
        var calls = CallsFound()
        procedure.visit(&calls)
        return calls.all.map(\.name)
    }
}

extension ComputedKey {
    /// Each local stands for one part or several.
    var pattern: KeyPattern? { KeyPattern(parts: parts.map { if case .text(let text) = $0 { text } else { nil } }) }
}

/// What expressions read, and the keys that are gone over, waited for or changed from what they are.
private struct ReadsFound: PartVisitor {
    var reads = Reads.none
    var patterns: [KeyPattern] = []

    mutating func expression(_ expression: CompiledExpression) { reads.add(expression.reads) }
    mutating func keys(_ pattern: KeyPattern) { patterns.append(pattern) }
    mutating func trigger(_ trigger: Trigger) { patterns += trigger.keys }

    mutating func change(_ target: KeyTarget, _ change: KeyChange) {
        guard case .key(let key) = target else { return }
        if case .value = change { return }
        patterns.append(KeyPattern(key))
    }
}

extension RuleSet {
    /// The filters of all triggers on messages, each once.
    package var topicFilters: [String] {
        var filters: [String] = []
        let triggers = rules.flatMap { $0.triggers + $0.awaitedTriggers }
        for case .mqtt(let filter, _) in triggers.map(\.form) where !filters.contains(filter) {
            filters.append(filter)
        }
        return filters
    }
}
