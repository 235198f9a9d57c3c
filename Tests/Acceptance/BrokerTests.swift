import Komoku
import KomokuTesting
import Testing

@Suite struct BrokerTests {
    private static let configuration = """
        map: [{topic: "sensors/{room}/{quantity}", key: "{room}.{quantity}", type: numeric}]
        publish: [{keys: "**", topic: "komoku/{path}", retain: true, payload: value}]
        """

    @Test func `the hub starts without a broker, says so once, and finds it when it comes`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        house.broker.stop()
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await hub.line("cannot be reached")
        #expect(try await house.komoku("put", "hall.lux", "5").code == 0)
        try house.broker.start()
        try await hub.line("subscribed")
        #expect(hub.lines.elements.count { $0.contains("cannot be reached") } <= 2, "once for each connection")
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.subscribe(to: "komoku/#")
        #expect(try await device.message("komoku/hall/lux").payload == "5", "state that waited for the broker")
        try await device.message("komoku/status", "online")
    }

    @Test func `the hub outlives a restart of the broker`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        try house.broker.restart()
        try await hub.lines.wait(within: .seconds(30)) { $0.count { $0.contains("subscribed") } >= 2 }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("sensors/hall/lux", "7")
        try await house.wait(for: "hall.lux", 7)
    }

    @Test func `a killed hub is announced offline by the broker`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.subscribe(to: "komoku/status")
        var hub = try await house.start()
        try await device.message("komoku/status", "online")
        hub.end(9)
        try await device.message("komoku/status", "offline")
        device.messages.removeAll()
        hub = try await house.start()
        try await device.message("komoku/status", "online")
        #expect(hub.end() == 0)
        try await device.message("komoku/status", "offline")
    }

    @Test func `a mapping that went while the hub was down leaves no subscription behind`() async throws {
        let end = "{topic: end, key: end, type: numeric}"
        let house = try House("map: [{topic: zb/+/action, key: \"{1}.action\", type: string, event: true}, \(end)]")
        defer { house.remove() }
        try await house.start().end()
        try house.write("map: [{topic: zb/button/action, key: button.action, type: string, event: true}, \(end)]")
        let hub = try await house.start()
        defer { hub.end() }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("zb/button/action", "single")
        try await device.publish("zb/button/action", "double")
        try await device.publish("end", "1")
        try await house.wait(for: "end", 1)
        #expect(try await house.history("button.action").compactMap { $0.array?.last } == ["single", "double"])
    }
}
