internal import Komoku
internal import KomokuHub

/// What topics mean, by topic: a look-up whatever the number of entities.
struct DiscoveryIndex {
    struct Binding {
        let property: PropertyID
        let isEvent: Bool
        let reading: DiscoveredReading
    }

    /// What one topic, or one filter, means to one device.
    struct Meaning {
        var bindings: [Binding] = []
        var availability: Set<DiscoveredAvailability.Place> = []

        /// It takes more than bound fields.
        var needsSource: Bool {
            !availability.isEmpty
                || bindings.contains { if case .template = $0.reading.source { true } else { false } }
        }
    }

    /// By topic or filter.
    private var meanings: [ByteText: [DeviceID: Meaning]] = [:]
    /// Filters with wildcards, by their last level where that is a word.
    private var wild: [ByteText: Set<ByteText>] = [:]

    var filters: [String] { meanings.keys.map(\.text) }

    /// Every meaning of a topic, in an order that does not change.
    func forEach(_ topic: String, _ body: (Meaning) -> Void) {
        visit(meanings[ByteText(topic)], body)
        guard !wild.isEmpty else { return }
        let levels = topic.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let last = levels.last.map { ByteText(String($0) ?? "") }
        for candidates in [last.flatMap { wild[$0] }, wild[ByteText("+")]].compactMap({ $0 }) {
            for filter in candidates.sorted() where Self.matches(filter.text, levels) { visit(meanings[filter], body) }
        }
    }

    private func visit(_ found: [DeviceID: Meaning]?, _ body: (Meaning) -> Void) {
        guard let found else { return }
        if found.count == 1 { return found.values.forEach(body) }
        for (_, meaning) in found.sorted(by: { $0.key < $1.key }) { body(meaning) }
    }

    private static func matches(_ filter: String, _ levels: [Substring.UTF8View.SubSequence]) -> Bool {
        let parts = filter.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == levels.count else { return false }
        // A wildcard at the start leaves out `$SYS` and its like.
        if parts[0].elementsEqual("+".utf8), levels[0].first == UInt8(ascii: "$") { return false }
        return zip(parts, levels).allSatisfy { $0.elementsEqual("+".utf8) || $0.elementsEqual($1) }
    }

    /// Says what a topic, or a filter, means to a device from now on; nil is nothing.
    mutating func set(_ meaning: Meaning?, of device: DeviceID, at topic: ByteText) {
        meanings[topic, default: [:]][device] = meaning
        let isGone = meanings[topic]?.isEmpty ?? true
        if isGone { meanings[topic] = nil }
        guard topic.text.utf8.contains(UInt8(ascii: "+")) else { return }
        let last = topic.text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).last
        let word = ByteText(last.flatMap { String($0) } ?? "")
        if isGone {
            wild[word]?.remove(topic)
            if wild[word]?.isEmpty ?? false { wild[word] = nil }
        } else {
            wild[word, default: []].insert(topic)
        }
    }
}
