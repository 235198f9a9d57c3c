import Komoku
import KomokuExpression

/// Which triggers of which rules an event may concern: found by hash, so that it costs the same however many rules there
/// are that it does not concern.
struct TriggerIndex: Sendable {
    /// A trigger, by the place of its rule and its place there.
    struct Place: Hashable, Comparable, Sendable {
        let rule: Int32
        let trigger: Int32

        static func < (left: Place, right: Place) -> Bool {
            (left.rule, left.trigger) < (right.rule, right.trigger)
        }
    }

    /// Places by key or pattern.
    struct Keys: Sendable {
        private var named: [KeyName: [Place]] = [:]
        private var patterns = WildcardTree<Place>()
        /// What was found before; only where there are patterns.
        private var known: [KeyName: [Place]] = [:]

        /// More keys than this are not remembered.
        private static let maximumKnown = 200_000

        fileprivate mutating func insert(_ place: Place, _ pattern: KeyPattern) {
            if let name = pattern.name {
                if named[name]?.last != place { named[name, default: []].append(place) }
            } else {
                patterns.insert(place, under: pattern.treeSegments)
            }
        }

        /// Those that may concern a key, in the order of the rules.
        mutating func places(of key: KeyName) -> [Place] {
            if patterns.isEmpty { return named[key] ?? [] }
            if let places = known[key] { return places }
            let places = find(key)
            if known.count >= Self.maximumKnown { known = [:] }
            known[key] = places
            return places
        }

        private func find(_ key: KeyName) -> [Place] {
            let named = named[key] ?? []
            var found: [Place] = []
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
    private(set) var ofDevices: [Place] = []
    private var topics = WildcardTree<Place>()
    /// Those whose filter begins with a wildcard.
    private var wildTopics: Set<Place> = []
    private(set) var purposes = PurposeIndex()
    private(set) var starts: [Place] = []
    private(set) var schedules: [Place] = []
    private(set) var becomes: [Place] = []
    private var webhooks: [String: [Place]] = [:]
    private var emitted: [String: [Place]] = [:]
    private var commands: [(place: Place, pattern: CommandPattern)] = []
    /// Of all `mqtt` triggers, each once, in the order of the rules.
    private(set) var filters: [String] = []
    private var knownFilters: Set<[UInt8]> = []

    init(_ rules: [Rule] = []) {
        for (index, rule) in rules.enumerated() {
            for (number, trigger) in rule.triggers.enumerated() {
                insert(trigger, Place(rule: Int32(index), trigger: Int32(number)))
            }
            for case .mqtt(let filter, _) in rule.awaitedTriggers.map(\.form) { note(filter) }
            for case .condition(let condition, _)? in rule.program.instructions.lazy.map(\.operation.awaited) {
                agedKeys.formUnion(condition.reads.ageLimits.map(\.key))
            }
        }
    }

    private mutating func insert(_ trigger: Trigger, _ place: Place) {
        switch trigger.form {
        case .change(let pattern, _, _, _), .event(let pattern, _): changes.insert(place, pattern)
        case .becomes(let expression): insert(expression.reads, place)
        case .freshness(let pattern, _): freshness.insert(place, pattern)
        case .schedule(let schedule):
            schedules.append(place)
            if let key = schedule.key { changes.insert(place, KeyPattern(key)) }
        case .mqtt(let filter, _):
            let segments = Self.segments(ofFilter: filter)
            topics.insert(place, under: segments)
            if segments.first == .one || segments.first == .rest { wildTopics.insert(place) }
            note(filter)
        case .start: starts.append(place)
        case .webhook(let name): webhooks[name, default: []].append(place)
        case .command(let pattern):
            if let pattern = try? CommandPattern(parsing: pattern) { commands.append((place, pattern)) }
        case .emit(let name): emitted[name, default: []].append(place)
        case .purpose(let purpose): purposes.insert(place, purpose.target)
        }
    }

    private mutating func note(_ filter: String) {
        if knownFilters.insert(Array(filter.utf8)).inserted { filters.append(filter) }
    }

    private mutating func insert(_ reads: Reads, _ place: Place) {
        for key in reads.keys {
            changes.insert(place, KeyPattern(key))
            freshness.insert(place, KeyPattern(key))
        }
        for pattern in reads.patterns { changes.insert(place, pattern) }
        if !reads.devices.isEmpty { ofDevices.append(place) }
        agedKeys.formUnion(reads.ageLimits.map(\.key))
        becomes.append(place)
    }

    private static func segments(ofFilter filter: String) -> [WildcardTree<Place>.Segment] {
        filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { level in
            level.elementsEqual("+".utf8) ? .one : level.elementsEqual("#".utf8) ? .rest : .literal(Array(level))
        }
    }

    /// Those whose filter matches the topic, in the order of the rules.
    func places(ofTopic topic: String) -> [Place] {
        if topics.isEmpty { return [] }
        var found: [Place] = []
        topics.find(topic, separator: UInt8(ascii: "/")) { found.append($0) }
        // No wildcard stands for the first level of the broker's own topics.
        if topic.utf8.first == UInt8(ascii: "$") { found.removeAll { wildTopics.contains($0) } }
        return found.sorted()
    }

    func places(ofWebhook name: String) -> [Place] { webhooks[name] ?? [] }

    func places(ofEmitted name: String) -> [Place] { emitted[name] ?? [] }

    /// The first command of each rule that a text matches, with what its names stand for.
    func commands(matching text: String) -> [(place: Place, arguments: [String: Value])] {
        var found: [(Place, [String: Value])] = []
        for (place, pattern) in commands where found.last?.0.rule != place.rule {
            if let arguments = pattern.match(text) { found.append((place, arguments.mapValues { .string($0) })) }
        }
        return found
    }
}

extension KeyPattern {
    fileprivate var treeSegments: [WildcardTree<TriggerIndex.Place>.Segment] {
        text.utf8.split(separator: UInt8(ascii: ".")).map { part in
            part.elementsEqual("*".utf8) ? .one : part.elementsEqual("**".utf8) ? .rest : .literal(Array(part))
        }
    }
}
