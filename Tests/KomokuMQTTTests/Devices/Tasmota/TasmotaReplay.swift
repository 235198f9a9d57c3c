import Komoku
import KomokuHub

@testable import KomokuMQTT

/// One source of Tasmota devices, and what a hub would know of it.
struct TasmotaReplay {
    static let mac = "A1B2C3D4E5F6"
    let source: TasmotaSource
    let replay: DeviceReplay

    init() {
        source = TasmotaSource()
        replay = DeviceReplay([source])
    }

    /// A source that has only what another one asked the hub to remember.
    init(restarting old: DeviceReplay) {
        self.init()
        let discoveries = old.remembered.sorted { $0.key < $1.key }
        replay.reader.restore(discoveries.map { (topic: $0.key, payload: $0.value) })
        replay.send("nobody", [])
    }

    /// - Parameter more: further members of the configuration: `"lt_st":3`.
    static func config(_ topic: String = "lamp", name: String = "Lamp", mac: String = mac, _ more: String...) -> String
    {
        let members = [
            "\"ip\":\"192.168.1.9\"", "\"mac\":\"\(mac)\"", "\"dn\":\"\(name)\"", "\"hn\":\"host-1\"",
            "\"md\":\"Sonoff\"",
            "\"t\":\"\(topic)\"",
        ]
        return "{\((members + more).joined(separator: ","))}"
    }

    func discover(_ topic: String = "lamp", name: String = "Lamp", mac: String = mac, _ more: String...) {
        send("tasmota/discovery/\(mac)/config", retained: true, Self.joined(topic, name, mac, more))
    }

    func sensors(_ body: String, mac: String = mac) {
        send("tasmota/discovery/\(mac)/sensors", retained: true, "{\"sn\":\(body),\"ver\":1}")
    }

    private static func joined(_ topic: String, _ name: String, _ mac: String, _ more: [String]) -> String {
        let start = config(topic, name: name, mac: mac).dropLast()
        return start + more.map { "," + $0 }.joined() + "}"
    }

    func send(_ topic: String, retained: Bool = false, at seconds: Double? = nil, _ payload: String) {
        replay.send(topic, Array(payload.utf8), retained: retained, at: seconds)
    }

    func value(_ property: String, of device: String = mac) -> Value? { replay.value(device, property) }

    func property(_ name: String, of device: String = mac) -> PropertyDescription? {
        replay.property(PropertyID(DeviceID(device), name))
    }

    func names(of device: String = mac) -> [String] {
        replay.devices[DeviceID(device)]?.properties.map(\.name).filter { !$0.hasPrefix("Wifi.") } ?? []
    }

    func events(_ property: String, of device: String = mac) -> [String] {
        (replay.events[PropertyID(DeviceID(device), property)] ?? []).map(\.description)
    }

    /// `topic payload` of a put.
    func command(_ property: String, _ value: Value, of device: String = mac) -> String? {
        replay.command(device, property, value).map { "\($0.topic) \($0.payload)" }
    }
}
