package import Komoku
package import KomokuHub
internal import Synchronization

/// Keeps Home Assistant's discovery of our keys: each is announced when it is first seen and when it looks different, and
/// withdrawn when it is gone.
package final class Announcer: ChangeHandler {
    private let rules: [AnnouncementRule]
    private let commands: [CommandRule]
    private let republisher: Republisher
    private let base: String
    private let version: String
    private let publish: @Sendable (Publication) -> Void
    // Used on the hub's thread only; the lock is there for the compiler.
    private let state = Mutex(State())

    private struct State {
        /// How each key looked when it was announced, and where.
        var announced: [KeyName: Entry] = [:]
        /// Who holds a topic.
        var holders: [String: KeyName] = [:]
        var swept: Timestamp?
    }

    private struct Entry {
        let type: KeyType
        let options: KeyOptions
        let isWritable: Bool
        let topics: [String]
    }

    /// How often keys that are gone are looked for.
    private static let sweepInterval = Duration.seconds(60)

    init(
        rules: [AnnouncementRule], commands: [CommandRule], republisher: Republisher, base: String, version: String,
        publish: @escaping @Sendable (Publication) -> Void
    ) {
        self.rules = rules
        self.commands = commands
        self.republisher = republisher
        self.base = base
        self.version = version
        self.publish = publish
    }

    /// The keys that some rule announces.
    package var keys: [KeyPattern] { rules.flatMap(\.keys) }

    package func handle(_ change: Change, in hub: isolated Hub) {
        state.withLock { state in
            let now = hub.clock.now
            if state.swept.map({ now - $0 >= Self.sweepInterval }) ?? true {
                state.swept = now
                withdrawGone(&state, in: hub)
            }
            guard let key = hub.key(change.key), !isKnown(key, state) else { return }
            announce(key, &state, in: hub)
        }
    }

    /// Announces every key again: the broker or Home Assistant has forgotten.
    package func announceAll(in hub: isolated Hub) {
        state.withLock { state in
            withdrawGone(&state, in: hub)
            for pattern in keys {
                for key in hub.keys(matching: pattern) { announce(key, &state, in: hub) }
            }
        }
    }

    /// Withdraws what `successor` does not announce.
    package func withdraw(for successor: Announcer?, in hub: isolated Hub) {
        let topics = state.withLock { $0.announced.values.flatMap(\.topics) }
        let kept = successor.map { successor in successor.state.withLock { Set($0.holders.keys) } } ?? []
        for topic in topics where !kept.contains(topic) { send([], to: topic) }
    }

    private func isKnown(_ key: KeyInfo, _ state: borrowing State) -> Bool {
        guard let entry = state.announced[key.name] else { return false }
        return entry.type == key.type && entry.isWritable == key.isWritable && entry.options == key.options
    }

    private func announce(_ key: KeyInfo, _ state: inout State, in hub: isolated Hub) {
        let old = state.announced[key.name]?.topics ?? []
        for topic in old { state.holders[topic] = nil }
        var topics: [String] = []
        if let facts = facts(of: key, in: hub) {
            let house = Announcement.House(hub: hub.configuration.name, base: base, version: version)
            let announcement = Announcement(house: house, key: key, facts: facts)
            let payload = announcement.payload
            for rule in rules where rule.keys.contains(where: { $0.matches(key.name) }) {
                let topic = freeTopic(announcement, rule.prefix, state)
                if topics.contains(topic) { continue }
                state.holders[topic] = key.name
                topics.append(topic)
                send(payload, to: topic)
            }
        }
        for topic in old where !topics.contains(topic) { send([], to: topic) }
        state.announced[key.name] = Entry(
            type: key.type, options: key.options, isWritable: key.isWritable, topics: topics)
    }

    /// `a.b` and `a_b` would have the same topic.
    private func freeTopic(_ announcement: Announcement, _ prefix: String, _ state: borrowing State) -> String {
        let topic = announcement.topic(prefix: prefix)
        guard let holder = state.holders[topic], holder != announcement.key.name else { return topic }
        let hash = announcement.key.name.text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        return announcement.topic(prefix: prefix, suffix: "-" + String(hash, radix: 16))
    }

    /// Nil where the key's value is not published.
    private func facts(of key: KeyInfo, in hub: isolated Hub) -> Announcement.Facts? {
        guard let topic = republisher.valueTopic(of: key.name) else { return nil }
        let isCommanded = commands.contains { rule in rule.keys.contains { $0.matches(key.name) } }
        var facts = Announcement.Facts(stateTopic: topic, isWritable: key.isWritable || isCommanded)
        if key.isWritable, let property = key.property,
            let description = hub.device(property.device.text)?.properties.first(where: { $0.key == key.name })?
                .description
        {
            (facts.minimum, facts.maximum, facts.step) = (description.minimum, description.maximum, description.step)
        }
        return facts
    }

    private func withdrawGone(_ state: inout State, in hub: isolated Hub) {
        for (key, entry) in state.announced where hub.key(key) == nil {
            for topic in entry.topics {
                send([], to: topic)
                state.holders[topic] = nil
            }
            state.announced[key] = nil
        }
    }

    private func send(_ payload: [UInt8], to topic: String) {
        publish(Publication(topic: topic, payload: payload, qos: 1, isRetained: true, kind: .state))
    }
}
