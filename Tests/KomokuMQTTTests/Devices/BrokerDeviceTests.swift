import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Devices through a real Mosquitto: what is subscribed, a broker that goes, a restart, a flood.
@Suite struct BrokerDeviceTests {
    private func inbox(
        _ mosquitto: MosquittoBroker, _ sink: TestSink, clientID: String = "komoku-devices",
        sources: @escaping @Sendable () -> [any DeviceSource] = { [ToySource()] },
        change: (inout Inbox.Configuration) -> Void = { _ in }
    ) -> Inbox {
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: clientID)
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        var configuration = Inbox.Configuration(broker: broker, mappings: MappingSet(mappings: [], base: "komoku"))
        configuration.commitInterval = .milliseconds(50)
        configuration.devices.sources = sources
        change(&configuration)
        let inbox = Inbox(configuration, sink: sink, logger: silent)
        inbox.start()
        return inbox
    }

    @Test func `a discovered device is subscribed to, its retained values are replays`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await device.publish("toy/config/lamp", "a", retain: true)
        try await device.publish("toy/lamp/state", #"{"a":1}"#, retain: true)
        let sink = TestSink()
        let inbox = inbox(mosquitto, sink)
        try await sink.seen.wait(for: 1)
        try await device.publish("toy/lamp/state", #"{"a":2}"#, retain: true)
        // Another device must not bring a replay of what is known.
        try await device.publish("toy/config/plug", "b", retain: true)
        try await device.publish("toy/plug/state", #"{"b":3}"#, retain: true)
        let seen = try await sink.seen.wait(for: 3)
        #expect(seen.map(\.description) == ["lamp a=1 retained", "lamp a=2 live", seen[2].description])
        #expect(seen[2].key == "plug b")
        #expect(sink.updates.elements.count == 4)
        await onOwnThread { inbox.stop() }
    }

    @Test func `devices are asked once for each connection, also after a kill of the broker`() async throws {
        let mosquitto = try MosquittoBroker()
        let sink = TestSink()
        let asked = Collector<Publication>()
        let inbox = inbox(mosquitto, sink, change: { $0.devices.publish = { asked.append($0) } })
        try await asked.wait(for: 1)
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await device.publish("toy/config/lamp", "a")
        try await device.publish("toy/lamp/state", #"{"a":1}"#, retain: true)
        try await sink.seen.wait(for: 1)
        #expect(asked.elements.count == 1)
        mosquitto.kill()
        try mosquitto.start()
        try await asked.wait(for: 2)
        let again = try await TestMQTTClient(port: mosquitto.port)
        try await again.publish("toy/lamp/state", #"{"a":2}"#)
        let seen = try await sink.seen.wait(for: 2)
        #expect(seen.last?.description == "lamp a=2 live")
        await onOwnThread { inbox.stop() }
    }

    @Test func `after a restart devices are known before the broker speaks`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let discoveries = [(topic: "toy/config/lamp", payload: Array("a".utf8))]
        let inbox = inbox(mosquitto, sink, change: { $0.devices.remembered = { then in then(discoveries) } })
        try await sink.updates.wait(for: 1)
        try await device.publish("toy/lamp/state", #"{"a":5}"#, retain: true)
        let seen = try await sink.seen.wait(for: 1)
        #expect(seen[0].key == "lamp a")
        await onOwnThread { inbox.stop() }
    }

    @Test func `other sources at a reload begin anew on the same connection`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await device.publish("toy/config/lamp", "a", retain: true)
        let sink = TestSink()
        let inbox = inbox(mosquitto, sink, sources: { [] })
        var devices = Inbox.Devices()
        devices.sources = { [ToySource()] }
        inbox.reload(MappingSet(mappings: [], base: "komoku"), devices: devices)
        try await sink.updates.wait(for: 2)
        #expect(inbox.counters.reconnects == 0)
        await onOwnThread { inbox.stop() }
    }

    @Test func `a flood of 50,000 discovery topics is bounded`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let inbox = inbox(
            mosquitto, sink, change: { $0.devices.limits = DeviceLimits(devices: 2000, remembered: 3000) })
        for number in 0..<50_000 { try device.post("toy/config/\(number)", Array("a".utf8)) }
        try device.post("komoku/done/set", Array("1".utf8))
        let start = ContinuousClock.now
        try await sink.seen.wait(within: .seconds(120)) { $0.contains { $0.key == "done" } }
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(sink.updates.elements.count <= 5000)
        #expect(inbox.counters.deadLetters < 10)
        await onOwnThread { inbox.stop() }
    }
}
