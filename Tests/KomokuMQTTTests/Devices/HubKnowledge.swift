import Komoku
import KomokuHub

@testable import KomokuMQTT

/// What a hub knows of devices: its catalogue, asked once, and the changes of event keys.
struct HubKnowledge: DeviceKnowledge {
    private(set) var devices: [DeviceID: DeviceDescription] = [:]
    private(set) var removed: Set<DeviceID> = []
    private(set) var events: [PropertyID: [Value]] = [:]
    private var properties: [PropertyID: PropertyInfo] = [:]
    private let commands: DeviceCommands

    /// - Parameter changes: all of them, in order.
    init(_ hub: isolated Hub, commands: DeviceCommands, changes: [Change]) {
        self.commands = commands
        let byKey = Dictionary(grouping: changes, by: \.key)
        for info in hub.devices() {
            var device = DeviceDescription(id: info.id, source: info.source, name: info.name)
            (device.manufacturer, device.model, device.via) = (info.manufacturer, info.model, info.via)
            device.sleeps = info.sleeps
            device.unsupported = info.unsupported
            for property in info.properties {
                let id = PropertyID(info.id, property.description.name)
                properties[id] = property
                if property.isPresent { device.properties.append(property.description) }
                if property.description.isEvent { events[id] = byKey[property.key]?.map(\.value) }
            }
            devices[info.id] = device
            if !info.isPresent { removed.insert(info.id) }
        }
    }

    func property(_ id: PropertyID) -> PropertyDescription? { properties[id]?.description }

    func value(_ device: String, _ property: String) -> Value? {
        properties[PropertyID(DeviceID(device), property)]?.last?.value
    }

    func command(_ device: String, _ property: String, _ value: Value) -> (topic: String, payload: String)? {
        let id = PropertyID(DeviceID(device), property)
        return (try? commands.message(for: value, to: id)).map {
            ($0.topic, String(decoding: $0.payload, as: UTF8.self))
        }
    }
}
