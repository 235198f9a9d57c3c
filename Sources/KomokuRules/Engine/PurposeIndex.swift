import Komoku

/// The triggers that are for a purpose, by the first part of the names of their keys.
struct PurposeIndex: Sendable {
    private var named: [Substring: [TriggerIndex.Slot]] = [:]
    /// Those whose keys may begin with anything.
    private var open: [TriggerIndex.Slot] = []

    var isEmpty: Bool { named.isEmpty && open.isEmpty }

    mutating func insert(_ slot: TriggerIndex.Slot, _ target: PurposeTarget) {
        if let part = target.firstPart { named[part, default: []].append(slot) } else { open.append(slot) }
    }

    /// Those that a key may concern.
    func candidates(for key: KeyName) -> [TriggerIndex.Slot] {
        let first = key.text.prefix { $0 != "." }
        return (named[first] ?? []) + open
    }
}

/// What triggers that are for a purpose are for each key, as far as it was asked for.
struct PurposeMatches {
    typealias Match = (slot: TriggerIndex.Slot, trigger: Trigger)

    /// What it was found by.
    struct Version: Equatable {
        let rules: Int32
        let keys: Int
    }

    private var version: Version?
    private var known: [KeyName: [Match]] = [:]

    /// More keys than this are not remembered.
    private static let maximumKnown = 200_000

    func matches(of key: KeyName, _ version: Version) -> [Match]? { version == self.version ? known[key] : nil }

    mutating func remember(_ matches: [Match], of key: KeyName, _ version: Version) {
        if version != self.version || known.count >= Self.maximumKnown { known = [:] }
        self.version = version
        known[key] = matches
    }
}
