internal import Komoku
internal import KomokuHub

/// Presence by keys of the hub.
extension Presence {
    /// Asks trackers that are keys; each is known by the first of its names.
    mutating func hear(from trackers: [KeyName], in hub: isolated Hub) {
        keep(trackers: Set(trackers.map(\.text)), zones: [])
        for tracker in trackers { hear(Word(hub.key(tracker)), from: tracker.text) }
    }

    /// Puts the state to a key that says something else.
    func tell(_ key: KeyName, in hub: isolated Hub) {
        hub.tell(state.map { .string($0.word) }, to: key)
    }
}

extension Presence.Moment {
    init(_ hub: isolated Hub) {
        self.init(wall: hub.clock.now, monotonic: hub.clock.monotonic)
    }
}

extension Presence.Word {
    /// What a key says: nothing while it is stale, unknown, or says that it does not know.
    init?(_ key: KeyInfo?) {
        guard let key, !key.isStale, let value = key.last?.value else { return nil }
        switch value {
        case .boolean(let isHome): self = isHome ? .home : .elsewhere
        case .string(let text):
            switch text.lowercased() {
            case "home", "true": self = .home
            case "", "unknown", "unavailable", "none": return nil
            default: self = .elsewhere
            }
        case .number: return nil
        }
    }
}

extension Hub {
    /// The name that a key has now.
    func presentName(of name: KeyName) -> KeyName {
        key(name) == nil ? formerName(name)?.name ?? name : name
    }

    /// Puts a value of its own to a key that says something else; nil is not known.
    func tell(_ value: Value?, to name: KeyName) {
        let key = key(name)
        guard (key?.isStale == true ? nil : key?.last?.value) != value else { return }
        if let value {
            try? put(name, value.json, cause: .clock)
        } else {
            apply([Observation(feed: Feed(key: name, topic: "", type: nil), content: .unknown)])
        }
    }
}
