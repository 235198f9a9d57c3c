internal import Komoku
internal import KomokuHub

/// The devices and groups of one zigbee2mqtt, known by its `bridge/devices` and `bridge/groups`. Both its lines are
/// spoken: 1.x with plain words, 2.x with JSON.
final class Zigbee2MQTTSource: DeviceSource {
    let name = "zigbee2mqtt"
    /// The base topic, without a slash at its end.
    let base: String
    let via: DeviceID
    let bridge: DeviceID

    var facts = ZigbeeBridgeFacts()
    var isBridgeOnline: Bool?
    var isBridgeDescribed = false
    /// By their addresses.
    var devices: [DeviceID: ZigbeeDevice] = [:]
    /// What devices of a kind have in common, by the hash of the bytes that say it: most homes have several of a kind.
    var models: [Int: ZigbeeModel] = [:]
    /// By their numbers.
    var groups: [Int: ZigbeeDevice] = [:]
    /// Devices and groups by their friendly names, in UTF-8: topics are compared byte by byte.
    var byName: [[UInt8]: ZigbeeDevice] = [:]
    /// The newest availability of each name, whether its device is known yet or not.
    var availability = ZigbeeAvailability()
    /// The members of the groups, to make them anew when a device changes.
    var groupList: [ZigbeeGroup] = []
    /// Of the payloads last read and last remembered, by their topics.
    var hashes: [String: Int] = [:]
    var remembered: [String: Int] = [:]
    /// `bridge/devices` was empty while the bridge was not online.
    var isEmptyListWaiting = false
    /// Whether `bridge/devices` was ever read.
    var hasDevices = false
    /// Whether the bridge itself has said something since the start, and its list of devices, in whatever form.
    var hasSpoken = false
    var hasListed = false
    /// Since when the list is missing.
    var listMissing: Timestamp?

    init(base: String) {
        var base = base
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
        via = DeviceID(base)
        bridge = DeviceID("\(base):bridge")
    }

    var filters: [String] { ["\(base)/#"] }

    /// The part of a topic below the base; nil for other topics.
    func rest(of topic: String) -> Substring.UTF8View? {
        let (topic, base) = (topic.utf8, base.utf8)
        guard topic.starts(with: base),
            let slash = topic.index(topic.startIndex, offsetBy: base.count, limitedBy: topic.endIndex),
            slash < topic.endIndex, topic[slash] == UInt8(ascii: "/")
        else { return nil }
        return topic[topic.index(after: slash)...]
    }

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        guard let rest = rest(of: message.topic) else { return }
        if !message.isRestored, rest.starts(with: "bridge/".utf8) { hasSpoken = true }
        switch String(Substring(rest)) {
        case "bridge/state": takeState(message, &news)
        case "bridge/info": takeInfo(message, &news)
        case "bridge/devices": takeDevices(message, &news)
        case "bridge/groups": takeGroups(message, &news)
        case "bridge/event": takeEvent(message, &news)
        case let rest where rest.hasPrefix("bridge/response/"): takeResponse(message, &news)
        default: takeAvailability(message, rest, &news)
        }
    }

    // MARK: Repeated messages

    static func hash(_ message: DeviceMessage) -> Int {
        var hasher = Hasher()
        hasher.combine(bytes: UnsafeRawBufferPointer(message.payload))
        return hasher.finalize()
    }

    /// Whether a message differs from the last one of its topic.
    func isNew(_ message: DeviceMessage) -> Bool {
        let hash = Self.hash(message)
        defer { hashes[message.topic] = hash }
        return hashes[message.topic] != hash
    }

    /// Keeps a discovery message over restarts, unless it was kept before.
    func remember(_ message: DeviceMessage, as hash: Int, _ news: inout DeviceNews) {
        defer { remembered[message.topic] = hash }
        if remembered[message.topic] != hash { news.remember(message) }
    }
}
