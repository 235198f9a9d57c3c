import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct MQTTServiceTests {
    private static let yaml = """
        map:
          - {topic: "sensors/{room}/{quantity}", key: "{room}.{quantity}", type: numeric, unit: lx}
          - {topic: button, key: button, type: string, event: true}
        publish:
          - {keys: "hall.**", topic: "komoku/{path}"}
          - {keys: "button", topic: "komoku/{path}"}
          - {keys: "hall.lux", topic: "json/{key}", payload: json, retain: false}
        commands:
          - {keys: lamp, topic: cmnd/lamp/POWER, payload: {"true": "ON", "false": "OFF"}}
        """

    private func withService(
        _ body: (MosquittoBroker, TestMQTTClient, Hub, MQTTService) async throws -> Void
    ) async throws {
        let mosquitto = try MosquittoBroker()
        let (configuration, problems) = read("mqtt: {url: 'mqtt://127.0.0.1:\(mosquitto.port)'}\n" + Self.yaml)
        #expect(problems == [])
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        var hubConfiguration = Hub.Configuration()
        hubConfiguration.sources = configuration.sources
        let hub = Hub(store: store, configuration: hubConfiguration, logger: silent)
        hub.start()
        let service = MQTTService(configuration, hub: hub, commitInterval: .milliseconds(50), logger: silent)
        service.start()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "#")
        try await user.message("komoku/status", "online")
        // The retained message comes back once the hub has subscribed.
        try await user.publish("sensors/hall/ready", "1", retain: true)
        try await user.message("komoku/hall/ready", "1")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(mosquitto, user, hub, service))
        } catch {
            result = .failure(error)
        }
        await onOwnThread {
            service.stop()
            hub.stop()
            store.close()
        }
        try result.get()
    }

    /// As a rule does whose run stood at it when the hub was stopped.
    @Test func `what is published before the start waits for the connection`() async throws {
        let mosquitto = try MosquittoBroker()
        let (configuration, _) = read("mqtt: {url: 'mqtt://127.0.0.1:\(mosquitto.port)'}")
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        let hub = Hub(store: store, logger: silent)
        hub.start()
        let service = MQTTService(configuration, hub: hub, commitInterval: .milliseconds(50), logger: silent)
        let outcomes = Collector<Publication.Outcome>()
        service.publish(Publication(topic: "out/early", payload: [0x31]) { outcomes.append($0) })
        service.start()
        #expect(try await outcomes.wait(for: 1) == [.sent])
        await onOwnThread {
            service.stop()
            hub.stop()
            store.close()
        }
    }

    @Test func `a message is a key, and its change goes out again`() async throws {
        try await withService { _, user, hub, service in
            try await user.publish("sensors/hall/lux", "40.5")
            let state = try await user.message("komoku/hall/lux", "40.5")
            #expect(state.isRetained)
            let object = try JSON(parsing: try await user.message("json/hall.lux").payload)
            #expect(object["value"] == 40.5 && object["unit"] == "lx" && object["type"] == "numeric")
            let name = try #require(KeyName("hall.lux"))
            #expect(await hub.last(name)?.value == .number(40.5))
            #expect(service.counters.inbox.received >= 2)
        }
    }

    @Test func `events go out unretained, each of them`() async throws {
        try await withService { _, user, _, _ in
            try await user.publish("button", "single")
            try await user.publish("button", "single")
            let all = try await user.messages.wait { $0.filter { $0.topic == "komoku/button" }.count == 2 }
            #expect(all.filter { $0.topic == "komoku/button" }.allSatisfy { !$0.isRetained })
        }
    }

    @Test func `a put by a client becomes a command, a report of the device does not`() async throws {
        try await withService { _, user, hub, _ in
            try await user.publish("komoku/lamp/set", "true")
            try await user.message("cmnd/lamp/POWER", "ON")
            // The same again is a command again.
            user.messages.removeAll()
            try await user.publish("komoku/lamp/set", "true")
            try await user.message("cmnd/lamp/POWER", "ON")
            let name = try #require(KeyName("lamp"))
            #expect(await hub.last(name)?.value == .boolean(true))
        }
    }

    @Test func `a broker that lost its memory gets every state again`() async throws {
        try await withService { mosquitto, user, _, _ in
            try await user.publish("sensors/hall/lux", "7")
            try await user.message("komoku/hall/lux", "7")
            user.stop()
            try mosquitto.restart()
            let again = try await TestMQTTClient(port: mosquitto.port)
            try await again.subscribe(to: "komoku/#")
            try await again.message("komoku/hall/lux", "7")
            try await again.message("komoku/status", "online")
        }
    }
}
