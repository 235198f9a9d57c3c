import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite(.timeLimit(.minutes(1))) struct RawMessageTests {
    private static let yaml = """
        map:
          - {topic: "sensors/{room}/lux", key: "{room}.lux", type: numeric}
          - {topic: "button", key: button, type: string, event: true}
        """

    private func service(
        _ mosquitto: MosquittoBroker, filters: [String], seen: Collector<String>
    ) throws -> (Hub, MQTTService, MQTTConfiguration) {
        var (configuration, problems) = read("mqtt: {url: 'mqtt://127.0.0.1:\(mosquitto.port)'}\n" + Self.yaml)
        #expect(problems == [])
        configuration.rawFilters = filters
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let service = MQTTService(configuration, hub: hub, commitInterval: .milliseconds(50), logger: silent)
        service.start { message, hub in
            let lux = KeyName("hall.lux").flatMap { hub.last($0)?.value?.description } ?? "-"
            let text = String(decoding: message.payload, as: UTF8.self)
            seen.append("\(message.topic) \(text)\(message.isRetained ? " retained" : "") lux \(lux)")
        }
        return (hub, service, configuration)
    }

    @Test func `messages come to rules once, in order, each behind its own values`() async throws {
        let mosquitto = try MosquittoBroker()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.publish("sensors/hall/lux", "1", retain: true)
        let seen = Collector<String>()
        let (hub, service, _) = try service(
            mosquitto, filters: ["sensors/+/lux", "sensors/hall/#", "doorbell", "bad/#/filter"], seen: seen)
        #expect(try await seen.wait(for: 1) == ["sensors/hall/lux 1 retained lux 1"])
        for number in 2..<200 { try user.post("sensors/hall/lux", Array("\(number)".utf8)) }
        try await user.publish("doorbell", "")
        try await user.publish("other", "x")
        try await user.publish("komoku/doorbell", "x")
        try await user.publish("doorbell", "again")
        let all = try await seen.wait { $0.last?.hasPrefix("doorbell again") == true }
        #expect(
            all == ["sensors/hall/lux 1 retained lux 1"] + (2..<200).map { "sensors/hall/lux \($0) lux \($0)" }
                + ["doorbell  lux 199", "doorbell again lux 199"])
        await onOwnThread {
            service.stop()
            hub.stop()
        }
    }

    @Test func `other rules want other messages`() async throws {
        let mosquitto = try MosquittoBroker()
        let user = try await TestMQTTClient(port: mosquitto.port)
        let seen = Collector<String>()
        var (hub, service, configuration) = try service(mosquitto, filters: ["a"], seen: seen)
        try await user.subscribe(to: "komoku/status")
        try await user.message("komoku/status", "online")
        try await user.publish("a", "kept", retain: true)
        try await seen.wait(for: 1)
        configuration.rawFilters = ["b"]
        service.reload(configuration)
        try await user.publish("b", "kept", retain: true)
        try await seen.wait { $0.last?.hasPrefix("b ") == true }
        try await user.publish("a", "2")
        try await user.publish("b", "2")
        let all = try await seen.wait { $0.last?.hasPrefix("b 2") == true }
        #expect(!all.contains { $0.hasPrefix("a 2") })
        await onOwnThread { [service, hub] in
            service.stop()
            hub.stop()
        }
    }

    @Test func `a filter covers the hub's own topics only where it names them`() throws {
        let set = MappingSet(mappings: [], base: "home/komoku", raw: ["#", "home/komoku/+", "$SYS/#"])
        #expect(set.plan(for: "home/other").isRaw)
        #expect(set.plan(for: "home/komoku/status").isRaw)
        #expect(!set.plan(for: "home/komoku/a/b").isRaw)
        #expect(set.plan(for: "$SYS/broker/uptime").isRaw)
        #expect(!MappingSet(mappings: [], base: "komoku", raw: ["#"]).plan(for: "$SYS/x").isRaw)
    }

    @Test(arguments: [
        ("a/b", "a/b", true), ("a/b", "a", false), ("a", "a/b", false), ("a/+", "a/b", true), ("a/+", "a/", true),
        ("a/+", "a", false), ("a/#", "a", true), ("a/#", "a/b/c", true), ("+/b", "a/b", true), ("+", "/", false),
        ("#", "$SYS/a", false), ("+/a", "$SYS/a", false), ("$SYS/+", "$SYS/a", true), ("A", "a", false),
    ])
    func `a filter matches as MQTT says`(filter: String, topic: String, expected: Bool) throws {
        #expect(try #require(TopicFilter(filter)).matches(topic) == expected)
    }

    @Test func `a payload that is too long for a rule is said, and its values are taken`() async throws {
        let set = MappingSet(mappings: [], base: "komoku", raw: ["big"])
        let reader = MessageReader(mappings: set)
        let payload = [UInt8](repeating: 0x78, count: RawMessage.maximumPayload + 1)
        for part in [payload[...], payload.dropLast()] {
            Array("big".utf8).withUnsafeBytes { topic in
                Array(part).withUnsafeBufferPointer { reader.read(topic, $0, isRetained: false) }
            }
        }
        let intake = reader.takeIntake()
        #expect(intake.messages.count == 1 && intake.deadLetters.count == 1)
        #expect(reader.counters.unmapped == 0)
    }
}
