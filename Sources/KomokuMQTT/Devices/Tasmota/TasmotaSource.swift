package import Komoku
import KomokuHub

/// Devices with the Tasmota firmware, by its own discovery or by what they say on the default topics.
package final class TasmotaSource: DeviceSource {
    static let word = "tasmota"

    package let name = TasmotaSource.word
    /// The topic below which discovery messages are.
    let discovery: [Substring]
    var devices: [DeviceID: TasmotaDevice] = [:]
    /// By the bytes of a topic up to its last `/`.
    var routes: [[UInt8]: TasmotaRoute] = [:]
    /// Speakers on the default topics that no discovery has explained yet.
    var strangers = TasmotaStrangers()
    /// Of each discovery topic, a hash of the message that was taken last.
    var taken: [[UInt8]: Int] = [:]
    /// For devices whose topics are not the default ones.
    var extraFilters: Set<String> = []
    /// Bridges to Zigbee devices.
    var bridges: Set<DeviceID> = []
    private var isConnected = false

    /// The most devices.
    static let maximumDevices = 5000

    private let zone: Zone?

    /// When a message was sent. Their clocks count seconds, and a switch that is pressed says no time at all: what comes at
    /// once is dated by its arrival.
    func time(_ path: String) -> TimeReader {
        TimeReader(path: path, form: .iso, zone: zone, grain: .seconds(10))
    }

    /// Devices that no discovery explains become devices too.
    let adoptsStrangers: Bool

    /// - Parameters:
    ///   - discovery: the topic below which devices announce themselves.
    ///   - adoptsStrangers: whether those that only speak on the default topics become devices; of several sources the
    ///     last asked knows which topics the others have explained.
    ///   - zone: of the clocks of the devices; nil believes only times that say how far from UTC they are.
    package init(discovery: String = "tasmota/discovery", adoptsStrangers: Bool = true, zone: Zone? = nil) {
        self.zone = zone
        self.discovery = discovery.split(separator: "/")
        self.adoptsStrangers = adoptsStrangers
    }

    package var filters: [String] {
        let base = discovery.joined(separator: "/")
        return [
            "\(base)/+/config", "\(base)/+/sensors", "tele/+/+", "stat/+/+", "tele/+/+/SENSOR", "tele/+/+/ZbReceived",
        ] + extraFilters.sorted()
    }

    /// Covered by the filters for everybody.
    static func isDefault(_ topic: String) -> Bool {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        return levels.count == 3 && (levels[0] == "tele" || levels[0] == "stat")
    }

    // MARK: Topics

    package func plan(_ topic: inout DeviceTopic) {
        let levels = topic.levels
        if discoveryPart(levels) != nil {
            topic.watch(self)
        } else if let parsed = parsed(of: topic.topic, levels) {
            parsed.device.plan(parsed.message, &topic, self)
        } else {
            planStranger(&topic, levels)
        }
    }

    /// `tasmota/discovery/<MAC>/config`.
    func discoveryPart(_ levels: [Substring]) -> (id: Substring, part: Substring)? {
        guard levels.count == discovery.count + 2, levels.starts(with: discovery) else { return nil }
        let (id, part) = (levels[levels.count - 2], levels[levels.count - 1])
        return ["config", "sensors", Self.memoryPart].contains(part) && !id.isEmpty ? (id, part) : nil
    }

    package func isDiscovery(_ topic: String) -> Bool {
        discoveryPart(topic.split(separator: "/", omittingEmptySubsequences: false)).map { $0.part != Self.memoryPart }
            ?? false
    }

    /// Whose topic this is, and what its messages are.
    func parsed(of topic: String, _ levels: [Substring]) -> TasmotaTopic? {
        guard levels.count > 1, let last = levels.last else { return nil }
        let base = topic.utf8.dropLast(last.utf8.count)
        if let route = routes[Array(base)], let device = devices[route.device] {
            let message = TasmotaMessage(last, isAnswer: route.isAnswer, isTelemetry: route.isTelemetry)
            return message.map { TasmotaTopic(device: device, message: $0, level: nil) }
        }
        return zigbeeTopic(base, levels)
    }

    /// SetOption89: a topic for each Zigbee device, below the bridge's or (SetOption125) in its place.
    private func zigbeeTopic(_ base: Substring.UTF8View, _ levels: [Substring]) -> TasmotaTopic? {
        guard levels.count > 2, let last = levels.last, last == "SENSOR" || last == "ZbReceived" else { return nil }
        let level = levels[levels.count - 2]
        let upper = base.dropLast(level.utf8.count + 1)
        if let route = routes[Array(upper)], route.isTelemetry, let device = devices[route.device] {
            return TasmotaTopic(device: device, message: .zigbee, level: level)
        }
        guard levels.count == 3, TasmotaZigbeeReport.isAddress(level), let bridge = onlyBridge(telemetry: upper) else {
            return nil
        }
        return TasmotaTopic(device: bridge, message: .zigbee, level: level)
    }

    private func onlyBridge(telemetry prefix: Substring.UTF8View) -> TasmotaDevice? {
        guard bridges.count == 1, let id = bridges.first, let bridge = devices[id], let topics = bridge.topics,
            topics.telemetry.utf8.starts(with: prefix)
        else { return nil }
        return bridge
    }

    // MARK: Messages

    package func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        let levels = message.levels
        strangers.started(at: message.time)
        if let (id, part) = discoveryPart(levels) {
            takeDiscovery(message, id, part, &news)
        } else if let parsed = parsed(of: message.topic, levels) {
            take(message, parsed, &news)
        } else {
            takeStranger(message, levels, &news)
        }
    }

    package func connected(_ news: inout DeviceNews) {
        isConnected = true
        for device in devices.values { device.wasAsked = false }
        for device in devices.values.sorted(by: { $0.id < $1.id }) { ask(device, &news) }
    }

    /// Asks for the state once a connection, rather than wait for the telemetry. Not those that sleep or are off, nor those
    /// that spoke lately.
    func ask(_ device: TasmotaDevice, _ news: inout DeviceNews) {
        guard isConnected, !device.wasAsked, let topics = device.topics, device.described != nil,
            device.isOnline != false, device.config?.sleeps != true
        else { return }
        device.wasAsked = true
        if let heard = device.lastHeard, let now = strangers.now, (now - heard).seconds < 60 { return }
        news.ask(topics.commands + "STATUS", "11")
        news.ask(topics.commands + "STATUS", "10")
    }
}

/// Who speaks at a topic.
struct TasmotaRoute {
    let device: DeviceID
    var isAnswer = false
    var isTelemetry = false
}

/// A topic's device and meaning.
struct TasmotaTopic {
    let device: TasmotaDevice
    let message: TasmotaMessage
    /// The level that stands for a Zigbee device.
    let level: Substring?
}

extension TasmotaDevice {
    var isBridge: Bool {
        let model = config?.model?.lowercased() ?? ""
        return !children.isEmpty || model.contains("zb") || model.contains("zigbee")
    }
}
