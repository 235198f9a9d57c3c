import Komoku
import KomokuExpression

/// Which triggers of which rules an event may concern: found by hash, so that it costs the same however many rules there
/// are that it does not concern.
struct TriggerIndex: Sendable {
    /// A trigger, by the slot of its rule and its slot there.
    struct Slot: Hashable, Comparable, Sendable {
        let rule: Int32
        let trigger: Int32

        static func < (left: Slot, right: Slot) -> Bool {
            (left.rule, left.trigger) < (right.rule, right.trigger)
        }
    }

    /// Places by key or pattern.
    struct Keys: Sendable {
        private var named: [KeyName: [Slot]] = [:]
        private var patterns = WildcardTree<Slot>()
        /// What was found before; only where there are patterns.
        private var known: [KeyName: [Slot]] = [:]

        /// More keys than this are not remembered.
        private static let maximumKnown = 200_000

        fileprivate mutating func insert(_ slot: Slot, _ pattern: KeyPattern) {
            if let name = pattern.name {
                if named[name]?.last != slot { named[name, default: []].append(slot) }
            } else {
                patterns.insert(slot, under: pattern.treeSegments)
            }
        }

        /// Those that may concern a key, in the order of the rules.
        mutating func slots(of key: KeyName) -> [Slot] {
            if patterns.isEmpty { return named[key] ?? [] }
            if let slots = known[key] { return slots }
            let slots = find(key)
            if known.count >= Self.maximumKnown { known = [:] }
            known[key] = slots
            return slots
        }

        private func find(_ key: KeyName) -> [Slot] {
            let named = named[key] ?? []
            var found: [Slot] = []
            patterns.find(key.text, separator: UInt8(ascii: ".")) { found.append($0) }
            return found.isEmpty ? named : Set(named).union(found).sorted()
        }
    }

    /// Of `change`, `event` and `becomes`.
    var changes = Keys()
    /// Of `stale`, `recovered`, and of `becomes` that asks for them.
    var freshness = Keys()
    /// The keys whose age something compares with a limit: a put of an equal value counts too.
    private(set) var agedKeys: Set<KeyName> = []
    /// The `becomes` that ask whether a device can be reached.
    private(set) var ofDevices: [Slot] = []
    private var topics = WildcardTree<Slot>()
    /// Those whose filter begins with a wildcard.
    private var wildTopics: Set<Slot> = []
    private(set) var purposes = PurposeIndex()
    private(set) var starts: [Slot] = []
    private(set) var schedules: [Slot] = []
    private(set) var becomes: [Slot] = []
    private var webhooks: [String: [Slot]] = [:]
    private var emitted: [String: [Slot]] = [:]
    private var commands: [(slot: Slot, pattern: CommandPattern)] = []
    /// Of all `mqtt` triggers, each once, in the order of the rules.
    private(set) var filters: [String] = []
    private var knownFilters: Set<[UInt8]> = []

    init(_ rules: [Rule] = []) {
        for (index, rule) in rules.enumerated() {
            for (number, trigger) in rule.triggers.enumerated() {
                insert(trigger, Slot(rule: Int32(index), trigger: Int32(number)))
            }
            for case .mqtt(let filter, _) in rule.awaitedTriggers.map(\.form) { note(filter) }
            for case .condition(let condition, _)? in rule.procedure.instructions.lazy.map(\.operation.awaited) {
                agedKeys.formUnion(condition.reads.ageLimits.map(\.key))
            }
        }
    }

    private mutating func insert(_ trigger: Trigger, _ slot: Slot) {
        switch trigger.form {
        case .change(let pattern, _, _, _), .event(let pattern, _): changes.insert(slot, pattern)
        case .becomes(let expression): insert(expression.reads, slot)
        case .freshness(let pattern, _): freshness.insert(slot, pattern)
        case .schedule(let schedule):
            schedules.append(slot)
            if let key = schedule.key { changes.insert(slot, KeyPattern(key)) }
        case .mqtt(let filter, _):
            let segments = Self.segments(ofFilter: filter)
            topics.insert(slot, under: segments)
            if segments.first == .one || segments.first == .rest { wildTopics.insert(slot) }
            note(filter)
        case .start: starts.append(slot)
        case .webhook(let name): webhooks[name, default: []].append(slot)
        case .command(let pattern):
            if let pattern = try? CommandPattern(parsing: pattern) { commands.append((slot, pattern)) }
        case .emit(let name): emitted[name, default: []].append(slot)
        case .purpose(let purpose): purposes.insert(slot, purpose.target)
        }
    }

    private mutating func note(_ filter: String) {
        if knownFilters.insert(Array(filter.utf8)).inserted { filters.append(filter) }
    }

    private mutating func insert(_ reads: Reads, _ slot: Slot) {
        for key in reads.keys {
            changes.insert(slot, KeyPattern(key))
            freshness.insert(slot, KeyPattern(key))
        }
        for pattern in reads.patterns { changes.insert(slot, pattern) }
        if !reads.devices.isEmpty { ofDevices.append(slot) }
        agedKeys.formUnion(reads.ageLimits.map(\.key))
        becomes.append(slot)
    }

    private static func segments(ofFilter filter: String) -> [WildcardTree<Slot>.Segment] {
        filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { level in
            level.elementsEqual("+".utf8) ? .one : level.elementsEqual("#".utf8) ? .rest : .literal(Array(level))
        }
    }

    /// Those whose filter matches the topic, in the order of the rules.
    func slots(ofTopic topic: String) -> [Slot] {
        if topics.isEmpty { return [] }
        var found: [Slot] = []
        topics.find(topic, separator: UInt8(ascii: "/")) { found.append($0) }
        // No wildcard stands for the first level of the broker's own topics.
        if topic.utf8.first == UInt8(ascii: "$") { found.removeAll { wildTopics.contains($0) } }
        return found.sorted()
    }

    func slots(ofWebhook name: String) -> [Slot] { webhooks[name] ?? [] }

    func slots(ofEmitted name: String) -> [Slot] { emitted[name] ?? [] }

    /// The first command of each rule that a text matches, with what its names stand for.
    func commands(matching text: String) -> [(slot: Slot, arguments: [String: Value])] {
        var found: [(Slot, [String: Value])] = []
        for (slot, pattern) in commands where found.last?.0.rule != slot.rule {
            if let arguments = pattern.match(text) { found.append((slot, arguments.mapValues { .string($0) })) }
        }
        return found
    }
}

extension KeyPattern {
    fileprivate var treeSegments: [WildcardTree<TriggerIndex.Slot>.Segment] {
        text.utf8.split(separator: UInt8(ascii: ".")).map { part in
            part.elementsEqual("*".utf8) ? .one : part.elementsEqual("**".utf8) ? .rest : .literal(Array(part))
        }
    }
}
