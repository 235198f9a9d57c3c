internal import Komoku
internal import KomokuHub

/// What topics below the base mean. Friendly names hold slashes, so the longest known name counts.
extension Zigbee2MQTTSource {
    func plan(_ topic: inout DeviceTopic) {
        guard let rest = rest(of: topic.topic) else { return }
        plan(rest, &topic)
        // Nobody else is to make devices of logs and commands.
        if topic.isEmpty, !topic.isHeld { topic.watch(self) }
    }

    private func plan(_ rest: Substring.UTF8View, _ topic: inout DeviceTopic) {
        let levels = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if levels.count > 1, levels[0].elementsEqual("bridge".utf8) {
            return planBridge(String(Substring(rest)), &topic)
        }
        if let device = byName[Array(rest)] { return bindState(of: device, &topic) }
        guard levels.count > 1, let last = levels.last else {
            if !rest.isEmpty { topic.hold() }
            return
        }
        if last.elementsEqual("availability".utf8) { return topic.watch(self) }
        if isCommand(levels) { return }
        planBelow(levels, &topic)
    }

    private func planBridge(_ rest: String, _ topic: inout DeviceTopic) {
        switch rest {
        case "bridge/info":
            topic.watch(self)
            bindInfo(&topic)
        case "bridge/state", "bridge/devices", "bridge/groups", "bridge/event": topic.watch(self)
        case _ where rest.hasPrefix("bridge/response/"): topic.watch(self)
        default:
            // Nothing forbids a friendly name like `bridge/lamp`.
            if let device = byName[Array(rest.utf8)] { bindState(of: device, &topic) }
        }
    }

    /// `…/set` and `…/get`, also with an attribute behind them: other clients' words, never a state.
    private func isCommand(_ levels: [Substring.UTF8View]) -> Bool {
        levels.dropFirst().suffix(2).contains { $0.elementsEqual("set".utf8) || $0.elementsEqual("get".utf8) }
    }

    /// A topic below a device's own: an attribute, or an endpoint, which is no device.
    private func planBelow(_ levels: [Substring.UTF8View], _ topic: inout DeviceTopic) {
        for count in (1..<levels.count).reversed() {
            let name = Array(levels[..<count].joined(separator: [UInt8(ascii: "/")]))
            guard let device = byName[name] else { continue }
            if facts.hasAttributeTopics, count == levels.count - 1, let last = levels.last {
                bindAttribute(String(Substring(last)), of: device, &topic)
            }
            return
        }
        topic.hold()
    }

    private func bindState(of device: ZigbeeDevice, _ topic: inout DeviceTopic) {
        device.common.forEachReported(device.known) { feature, decoder in
            topic.bind(
                feature.path, to: PropertyID(device.id, feature.path), decoder, isEvent: feature.property.isEvent)
        }
        // In every message of a device. Bound a second time where messages are the only sign of life.
        if isKnownByMessages(device) {
            topic.bind("linkquality", to: PropertyID(device.id, "online"), Self.signOfLife)
        }
        topic.guardMessages(device.guardian)
        topic.date(by: TimeReader(path: device.guardian.path))
    }

    private func isKnownByMessages(_ device: ZigbeeDevice) -> Bool {
        !device.isDisabled && device.description?.properties.first?.maxTime != nil
    }

    private static let signOfLife = DeviceDecoder.custom { _ in .value(.boolean(true)) }

    /// Nested names are joined by `-` there: `color-x`.
    private func bindAttribute(_ attribute: String, of device: ZigbeeDevice, _ topic: inout DeviceTopic) {
        if attribute.utf8.elementsEqual("linkquality".utf8), isKnownByMessages(device) {
            topic.bindPayload(to: PropertyID(device.id, "online"), Self.signOfLife)
        }
        device.common.forEachReported(device.known) { feature, decoder in
            let path = feature.path.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "-") : $0 }
            guard path.elementsEqual(attribute.utf8) else { return }
            topic.bindPayload(
                to: PropertyID(device.id, feature.path), decoder, isEvent: feature.property.isEvent)
        }
    }
}
