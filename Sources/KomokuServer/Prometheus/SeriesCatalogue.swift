internal import Komoku
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

    init(_ keys: [KeyListing]) {
        entries = keys.flatMap(Self.entries).sorted { $0.labels < $1.labels }
        byKey = Dictionary(grouping: entries.indices) { [entries] in Array(entries[$0].name.text.utf8) }
    }

    private static func entries(of key: KeyListing) -> [Entry] {
        func entry(_ metric: String, _ reading: SampleReading, _ more: [(String, String)] = []) -> Entry {
            let labels = [
                (Labels.metricName, metric), ("key", key.name.text), ("room", key.room), ("device", key.device ?? ""),
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
    /// The first part of the name, where there is more than one.
    fileprivate var room: String {
        let parts = name.text.split(separator: ".", maxSplits: 1)
        return parts.count > 1 ? String(parts[0]) : ""
    }
}

/// The newest catalogue; it is made anew where keys may be others.
final class SeriesCatalogueCache: Sendable {
    private struct State {
        var catalogue = SeriesCatalogue([])
        var version: Int?
        var made = ContinuousClock.now
    }

    private let state = Mutex(State())

    /// What a device is called changes without a key being another one.
    private static let longest = Swift.Duration.seconds(60)

    /// What the hub has to be asked for; nil where nothing has to be.
    func listings(of hub: isolated Hub) -> (keys: [KeyListing], version: Int)? {
        let version = hub.keyDescriptions
        let isFresh = state.withLock { $0.version == version && ContinuousClock.now - $0.made < Self.longest }
        return isFresh ? nil : (hub.keyListings(), version)
    }

    func catalogue(_ listings: (keys: [KeyListing], version: Int)?) -> SeriesCatalogue {
        guard let listings else { return state.withLock { $0.catalogue } }
        let catalogue = SeriesCatalogue(listings.keys)
        state.withLock { $0 = State(catalogue: catalogue, version: listings.version, made: .now) }
        return catalogue
    }
}
