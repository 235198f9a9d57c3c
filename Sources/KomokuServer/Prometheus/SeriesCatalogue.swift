internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuPrometheus
internal import KomokuStore
internal import Synchronization

/// The keys of the house as series, ordered by their labels.
///
/// `komoku_value` has the numbers, and booleans as 1 and 0. `komoku_state` has one series for each of the `values` of a text key,
/// 1 while the key has it. Other texts, events and logs are no series.
struct SeriesCatalogue: Sendable {
    struct Entry: Sendable {
        let labels: Labels
        let name: KeyName
        let id: KeyID
        let type: KeyType
        let reading: SampleReading
    }

    let entries: [Entry]
    private let byKey: [[UInt8]: [Int]]

    static let valueMetric = "komoku_value"
    static let stateMetric = "komoku_state"

    /// - Parameter rooms: those that keys are in.
    init(_ keys: [KeyListing], rooms: [KeyName: String] = [:]) {
        entries = keys.flatMap { Self.entries(of: $0, in: rooms[$0.name] ?? $0.room) }.sorted { $0.labels < $1.labels }
        byKey = Dictionary(grouping: entries.indices) { [entries] in Array(entries[$0].name.text.utf8) }
    }

    private static func entries(of key: KeyListing, in room: String) -> [Entry] {
        func entry(_ metric: String, _ reading: SampleReading, _ more: [(String, String)] = []) -> Entry {
            let labels = [
                (Labels.metricName, metric), ("key", key.name.text), ("room", room), ("device", key.device ?? ""),
                ("unit", key.options.unit ?? ""),
            ]
            return Entry(labels: Labels(labels + more), name: key.name, id: key.id, type: key.type, reading: reading)
        }
        guard key.type == .string else { return [entry(valueMetric, .number)] }
        guard let values = key.options.values, !key.options.isEvent, !key.options.isLog else { return [] }
        return Set(values.map(ByteKey.init)).map { entry(stateMetric, .text($0.text), [("state", $0.text)]) }
    }

    /// Those of which a text is, byte by byte.
    private struct ByteKey: Hashable {
        let text: String
        static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }
        func hash(into hasher: inout Hasher) { for byte in text.utf8 { hasher.combine(byte) } }
    }

    /// The numbers of the series that match, ascending.
    func matching(
        _ matchers: [LabelMatcher], steps: inout Int, where isVisible: (KeyName) -> Bool
    ) throws(QueryError) -> [Int] {
        var found: [Int] = []
        // Most ask for one key.
        let key = matchers.first { $0.name == "key" && $0.onlyValue != nil }?.onlyValue
        let candidates = key.flatMap { $0.isEmpty ? nil : byKey[Array($0.utf8)] ?? [] } ?? Array(entries.indices)
        for number in candidates where isVisible(entries[number].name) {
            if try matchers.match(entries[number].labels, steps: &steps) { found.append(number) }
        }
        return found
    }
}

extension KeyListing {
    /// Of a key that is in no room, and of no device: the first part of the name, where there is more than one.
    fileprivate var room: String {
        if deviceID != nil { return "" }
        let parts = name.text.split(separator: ".", maxSplits: 1)
        return parts.count > 1 ? String(parts[0]) : ""
    }
}

/// The newest catalogue; it is made anew where keys may be others.
final class SeriesCatalogueCache: Sendable {
    private struct State {
        var catalogue = SeriesCatalogue([])
        var version: Version?
        var made = ContinuousClock.now
    }

    struct Version: Hashable, Sendable {
        let keys: Int
        let rooms: Int
    }

    /// What the hub was asked for.
    struct Listings: Sendable {
        fileprivate let version: Version
        fileprivate let keys: [KeyListing]
        fileprivate let names: (devices: [DeviceListing], keys: [KeyName])
        fileprivate let rooms: RoomBook
    }

    private let state = Mutex(State())

    /// What a device is called changes without a key being another one.
    private static let longest = Swift.Duration.seconds(60)

    /// What the hub has to be asked for; nil where nothing has to be.
    func listings(of hub: isolated Hub, _ rooms: RoomBook) -> Listings? {
        let version = Version(keys: hub.keyDescriptions, rooms: rooms.version)
        let isFresh = state.withLock { $0.version == version && ContinuousClock.now - $0.made < Self.longest }
        if isFresh { return nil }
        return Listings(version: version, keys: hub.keyListings(), names: hub.houseNames(), rooms: rooms)
    }

    func catalogue(_ listings: Listings?) -> SeriesCatalogue {
        guard let listings else { return state.withLock { $0.catalogue } }
        let rooms = Desk.rooms(of: listings.keys, listings.rooms, listings.names)
        let catalogue = SeriesCatalogue(listings.keys, rooms: rooms)
        state.withLock { $0 = State(catalogue: catalogue, version: listings.version, made: .now) }
        return catalogue
    }
}
