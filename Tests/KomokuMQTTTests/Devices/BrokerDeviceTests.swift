import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuMQTT

/// Devices through a real Mosquitto: what is subscribed, a broker that goes, a restart, a flood.
@Suite struct BrokerDeviceTests {
    private func inbox(
        _ mosquitto: MosquittoBroker, _ sink: TestSink, clientID: String = "komoku-devices",
        logger: Logger = silent, sources: @escaping @Sendable () -> [any DeviceSource] = { [ToySource()] },
        change: (inout Inbox.Configuration) -> Void = { _ in }
    ) -> Inbox {
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: clientID)
        broker.reconnect = Backoff.Bounds(minimum: .milliseconds(20), maximum: .milliseconds(100))
        var configuration = Inbox.Configuration(broker: broker, mappings: MappingSet(mappings: [], base: "komoku"))
        configuration.commitInterval = .milliseconds(50)
        configuration.devices.sources = sources
        change(&configuration)
        let inbox = Inbox(configuration, sink: sink, logger: logger)
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
        let (logger, lines) = collectingLogger()
        let inbox = inbox(
            mosquitto, sink, logger: logger,
            change: { $0.devices.limits = DeviceLimits(devices: 2000, remembered: 3000) })
        for number in 0..<50_000 { try device.post("toy/config/\(number)", Array("a".utf8)) }
        try device.post("komoku/done/set", Array("1".utf8))
        let start = ContinuousClock.now
        try await sink.seen.wait(within: .seconds(120)) { $0.contains { $0.key == "done" } }
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(sink.updates.elements.count <= 5000)
        #expect(inbox.counters.deadLetters < 10)
        await onOwnThread { inbox.stop() }
        // At most once a minute, and when the hub stops.
        let told = lines.elements.filter { $0.contains("some is left out") }
        #expect((1...2).contains(told.count), "\(told)")
        // But for the command at the end; the broker may have dropped some itself.
        let announced = inbox.counters.received - 1
        #expect(announced > 40_000)
        #expect(told.last?.contains("\"devices.left_out\": \(announced - 2000)") == true, "\(told)")
        #expect(told.last?.contains("\"discovery.not_remembered\": \(announced - 3000)") == true, "\(told)")
    }

    @Test func `a flood of entities is told, once a minute`() throws {
        let source = HomeAssistantSource()
        source.limit = 10
        let reader = MessageReader(mappings: MappingSet(mappings: [], base: "komoku"), devices: DeviceSet([source]))
        for number in 0..<30 {
            let payload = #"{"unique_id":"u\#(number)","state_topic":"x/\#(number)","device":{"ids":"d\#(number)"}}"#
            Array("homeassistant/sensor/n\(number)/config".utf8).withUnsafeBytes { topic in
                Array(payload.utf8).withUnsafeBufferPointer { reader.read(topic, $0, isRetained: true) }
            }
        }
        #expect(reader.devices.losses == DiscoveryLosses(entities: 20))
        var log = LossLog()
        var counts = LossLog.Counts(discovery: reader.devices.losses, notHeld: 3)
        #expect(
            log.line(for: counts, at: 1, isLast: false) == ["entities.left_out": "20", "messages.not_held": "3"])
        #expect(log.line(for: counts, at: 100_000_000, isLast: true) == nil)
        counts.notHeld = 4
        #expect(log.line(for: counts, at: 2, isLast: false) == nil)
        #expect(log.line(for: counts, at: 70_000_000, isLast: false) != nil)
    }
}
