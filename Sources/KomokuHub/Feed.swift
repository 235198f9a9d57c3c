package import Komoku
internal import KomokuStore
internal import Synchronization

/// What feeds one key: a field of one topic. Its source makes it once and gives it with each observation, so that the key
/// is looked up once.
package final class Feed: Sendable {
    /// What is fed.
    package enum Target: Hashable, Sendable {
        case key(KeyName)
        /// The hub knows its key, which may change.
        case property(PropertyID)
    }

    package let target: Target
    package let topic: String
    /// The declared type; nil is inferred from the first payload and then kept as the key has it.
    package let type: KeyType?
    /// The part of the configuration that it comes of; nil for what devices say of themselves, and for commands.
    package let source: KeySource?
    /// The put of a client rather than the report of a device.
    package let isCommand: Bool
    /// The id of the key when it was last looked up, and the generation of names of that time; negative before.
    private let found = Atomic<Int64>(-1)

    package init(
        key: KeyName, topic: String, type: KeyType?, source: KeySource? = nil, isCommand: Bool = false
    ) {
        target = .key(key)
        self.topic = topic
        self.type = type
        self.source = source
        self.isCommand = isCommand
    }

    /// The feed of a device's property, of which a topic speaks.
    package init(_ property: PropertyID, topic: String) {
        target = .property(property)
        self.topic = topic
        type = nil
        source = nil
        isCommand = false
    }

    /// What `remember` was told, if no key was renamed since. Used by the hub only.
    func cachedID(names generation: Int32) -> KeyID? {
        let raw = found.load(ordering: .relaxed)
        guard raw >= 0, Int32(truncatingIfNeeded: raw >> 32) == generation else { return nil }
        return KeyID(rawValue: Int32(truncatingIfNeeded: raw))
    }

    func remember(_ id: KeyID, names generation: Int32) {
        found.store(Int64(generation) << 32 | Int64(id.rawValue), ordering: .relaxed)
    }

    /// For a person: the key, or the device and its property.
    package var name: String {
        switch target {
        case .key(let key): key.text
        case .property(let property): property.description
        }
    }

    var cause: Cause { isCommand ? .client("mqtt") : .message(topic: topic) }
}

/// What a source claims about a key.
package struct Observation: Sendable {
    package enum Content: Sendable {
        /// Of the feed's type, or cast to the key's.
        case value(Value)
        /// A payload to be read by the key's type, or inferred where there is no key yet.
        case text(String)
        /// Its source says that it does not know: a gap, and the value is stale until there is another one.
        case unknown
    }

    package let feed: Feed
    package let content: Content
    /// When it was measured, as its message says; nil is now. Never ahead.
    package let time: Timestamp?
    package let provenance: Provenance

    package init(feed: Feed, content: Content, time: Timestamp? = nil, provenance: Provenance = .live) {
        self.feed = feed
        self.content = content
        self.time = time
        self.provenance = provenance
    }
}
