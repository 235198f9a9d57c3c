import Komoku
import KomokuHub

/// What was learnt, over restarts.
extension TasmotaSource {
    func memoryTopic(_ id: DeviceID) -> String {
        discovery.joined(separator: "/") + "/\(id.text)/\(Self.memoryPart)"
    }

    func remember(_ device: TasmotaDevice, _ news: inout DeviceNews) {
        let topic = device.isDiscovered ? nil : device.config?.topic
        let bytes = device.learnt.json(topic: topic, units: device.units, children: device.children).bytes
        device.wasRemembered = true
        bytes.withUnsafeBufferPointer { payload in
            news.remember(
                DeviceMessage(
                    topic: memoryTopic(device.id), payload: payload, time: strangers.now ?? Timestamp(microseconds: 0)))
        }
    }

    /// Before there is a connection: the device's own messages follow, or were there before.
    func restore(_ message: DeviceMessage, _ id: String, _ news: inout DeviceNews) {
        guard let json = try? message.json(), let device = try? device(DeviceID(id)) else { return }
        device.wasRemembered = true
        var units = TasmotaUnits()
        units.read(json)
        device.children = (json["children"]?.array ?? []).prefix(TasmotaChild.maximumCount).compactMap(
            TasmotaChild.init)
        device.childrenTopic = nil
        device.restore(TasmotaLearnt(json), units: units)
        if let topic = json["topic"]?.string { adopt(device, topic: topic, &news) }
        describe(device, &news)
        if device.topics != nil { describeChildren(device, &news) }
    }

    /// Makes a device of one that has no discovery.
    func adopt(_ device: TasmotaDevice, topic: String, _ news: inout DeviceNews) {
        let config = TasmotaConfig(undiscovered: topic)
        guard device.config == nil, let topics = try? TasmotaTopics(config) else { return }
        device.isDiscovered = false
        device.configure(config, topics)
        enter(device, topics, &news)
    }
}
