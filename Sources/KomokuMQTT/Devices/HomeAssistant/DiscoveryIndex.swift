internal import Komoku
internal import KomokuHub

/// What topics mean, by topic: a look-up whatever the number of entities.
struct DiscoveryIndex {
    struct Binding {
        let property: PropertyID
        let isEvent: Bool
        let input: DiscoveredInput
    }

    /// What one topic, or one filter, means to one device.
    struct Meaning {
        var bindings: [Binding] = []
        var availability: Set<DiscoveredAvailability.Signal> = []

        /// It takes more than bound fields.
        var needsSource: Bool {
            !availability.isEmpty
                || bindings.contains { if case .template = $0.input.source { true } else { false } }
        }
    }

    /// By topic or filter.
    private var meanings: [ByteText: [DeviceID: Meaning]] = [:]
    /// Those with wildcards.
    private var wild = FilterTree()

    var filters: [String] { meanings.keys.map(\.text) }

    /// Every meaning of a topic, in an order that does not change.
    func forEach(_ topic: String, _ body: (Meaning) -> Void) {
        visit(meanings[ByteText(topic)], body)
        for filter in wild.matches(topic) { visit(meanings[filter], body) }
    }

    /// What a topic means to one device.
    func forEach(_ topic: String, of device: DeviceID, _ body: (Meaning) -> Void) {
        if let meaning = meanings[ByteText(topic)]?[device] { body(meaning) }
        for filter in wild.matches(topic) {
            if let meaning = meanings[filter]?[device] { body(meaning) }
        }
    }

    private func visit(_ found: [DeviceID: Meaning]?, _ body: (Meaning) -> Void) {
        guard let found else { return }
        if found.count == 1 { return found.values.forEach(body) }
        for (_, meaning) in found.sorted(by: { $0.key < $1.key }) { body(meaning) }
    }

    /// Says what a topic, or a filter, means to a device from now on; nil is nothing.
    mutating func set(_ meaning: Meaning?, of device: DeviceID, at topic: ByteText) {
        meanings[topic, default: [:]][device] = meaning
        let isGone = meanings[topic]?.isEmpty ?? true
        if isGone { meanings[topic] = nil }
        guard topic.text.utf8.contains(UInt8(ascii: "+")) else { return }
        if isGone { wild.remove(topic) } else { wild.insert(topic) }
    }
}
