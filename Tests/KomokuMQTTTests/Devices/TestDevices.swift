import Komoku
import KomokuHub

@testable import KomokuMQTT

/// A small family for tests of what carries devices: `toy/config/<id>` with the names of properties announces a device,
/// `toy/<id>/state` has its values as JSON, `toy/<id>/online` its availability. Every topic of values is held until then.
final class ToySource: DeviceSource {
    let name = "toy"
    private var devices: [String: [String]] = [:]
    private(set) var learnt: [[String]] = []
    private let isBroad: Bool

    /// - Parameter isBroad: subscribes to everything below `toy`, rather than to the topics of known devices.
    init(isBroad: Bool = false) {
        self.isBroad = isBroad
    }

    var filters: [String] {
        isBroad
            ? ["toy/#"]
            : ["toy/config/+"] + devices.keys.flatMap { ["toy/\($0)/state", "toy/\($0)/online"] }
    }

    func plan(_ topic: inout DeviceTopic) {
        let levels = topic.levels.map(String.init)
        guard levels.count == 3, levels[0] == "toy" else { return }
        if levels[1] == "config" { return topic.watch(self) }
        guard let properties = devices[levels[1]] else { return topic.hold() }
        let id = DeviceID(levels[1])
        if levels[2] == "online" {
            topic.bindPayload(to: PropertyID(id, "online"), .boolean(on: ["1"], off: ["0"]))
        } else if levels[2] == "state" {
            for name in properties { topic.bind(name, to: PropertyID(id, name), .number()) }
            topic.learn(self, ignoring: ["noise"])
        }
    }

    func take(_ message: DeviceMessage, _ news: inout DeviceNews) {
        let id = String(message.levels[2])
        guard let text = message.text, !text.isEmpty else {
            devices[id] = nil
            news.forget(message.topic)
            return news.remove(DeviceID(id))
        }
        let names = text.split(separator: ",").map(String.init)
        news.remember(message)
        guard devices[id] != names else { return }
        devices[id] = names
        describe(id, &news)
    }

    func learn(_ paths: [String], from message: DeviceMessage, _ news: inout DeviceNews) {
        learnt.append(paths)
        let id = String(message.levels[1])
        let new = paths.filter { $0.hasPrefix("extra") }
        if new.isEmpty { return }
        devices[id, default: []] += new
        describe(id, &news)
    }

    func connected(_ news: inout DeviceNews) {
        news.ask("toy/ask", "\(devices.count)")
    }

    private func describe(_ id: String, _ news: inout DeviceNews) {
        var device = DeviceDescription(id: DeviceID(id), source: name, name: id)
        device.properties = [.online] + (devices[id] ?? []).map { PropertyDescription($0, .numeric) }
        news.describe(device, commands: ["a": .text("toy/\(id)/set")])
    }
}
