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
        var (reads, patterns) = (Reads.none, [KeyPattern]())
        for case .becomes(let expression) in triggers.map(\.form) { reads.add(expression.reads) }
        if let condition { reads.add(condition.reads) }
        for instruction in program.instructions { instruction.operation.addReads(to: &reads, &patterns) }
        return reads
    }

    fileprivate var keysRead: [KeyPattern] {
        var reads = Reads.none
        var patterns: [KeyPattern] = []
        for trigger in triggers {
            if case .becomes(let expression) = trigger.form {
                reads.add(expression.reads)
            } else {
                patterns += trigger.keys
            }
        }
        if let condition { reads.add(condition.reads) }
        for instruction in program.instructions { instruction.operation.addReads(to: &reads, &patterns) }
        return patterns + reads.keys.map { KeyPattern($0) } + reads.computedKeys.compactMap(\.pattern)
    }
}

extension ComputedKey {
    /// Each local stands for one part or several.
    var pattern: KeyPattern? { KeyPattern(parts: parts.map { if case .text(let text) = $0 { text } else { nil } }) }
}

extension Operation {
    fileprivate func addReads(to reads: inout Reads, _ patterns: inout [KeyPattern]) {
        switch self {
        case .put(_, let content), .set(_, let content): content.addReads(to: &reads)
        case .toggle(let target):
            if case .key(let key) = target { patterns.append(KeyPattern(key)) }
        case .increment(let target, let step):
            if case .key(let key) = target { patterns.append(KeyPattern(key)) }
            if let step { reads.add(step.reads) }
        case .publish(let topic, let payload, _, _):
            reads.add(topic.reads)
            payload.addReads(to: &reads)
        case .http(let action):
            reads.add(action.url.reads)
            for header in action.headers { reads.add(header.value.reads) }
            action.body?.addReads(to: &reads)
        case .run(let action):
            for word in action.words { reads.add(word.reads) }
            for variable in action.environment { reads.add(variable.value.reads) }
            if let input = action.input { reads.add(input.reads) }
        case .notify(let action):
            for text in [action.title, action.message, action.topic].compactMap(\.self) { reads.add(text.reads) }
        case .log(let text, _): reads.add(text.reads)
        case .wait(let expression), .branch(let expression, _): reads.add(expression.reads)
        case .waitUntil(let condition, let timeout, _):
            reads.add(condition.reads)
            if let timeout { reads.add(timeout.reads) }
        case .waitFor(let triggers, let timeout, _):
            patterns += triggers.flatMap(\.keys)
            if let timeout { reads.add(timeout.reads) }
        case .call(_, let arguments, _): for argument in arguments { argument.content.addReads(to: &reads) }
        case .stop(let text, _): if let text { reads.add(text.reads) }
        case .loop(let loop): loop.addReads(to: &reads, &patterns)
        case .jump, .next, .again: break
        }
    }
}

extension Operation.Loop {
    fileprivate func addReads(to reads: inout Reads, _ patterns: inout [KeyPattern]) {
        switch self {
        case .count(let expression), .whileHolds(let expression), .until(let expression): reads.add(expression.reads)
        case .keys(let pattern, _): patterns.append(pattern)
        case .items(let items, _): for item in items { item.addReads(to: &reads) }
        }
    }
}

extension Content {
    fileprivate func addReads(to reads: inout Reads) {
        switch self {
        case .constant: break
        case .text(let template): reads.add(template.reads)
        case .expression(let expression): reads.add(expression.reads)
        case .array(let items): for item in items { item.addReads(to: &reads) }
        case .object(let members): for member in members { member.content.addReads(to: &reads) }
        }
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
