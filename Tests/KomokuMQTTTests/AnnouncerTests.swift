import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Our keys as Home Assistant hears of them, through a real Mosquitto.
@Suite struct AnnouncerTests {
    private static let yaml = """
        map:
          - {topic: "n/{room}/{quantity}", key: "{room}.{quantity}", type: numeric, unit: "°C"}
          - {topic: meter, key: house.energy, type: counter, unit: kWh}
          - {topic: button, key: hall.button, type: string, event: true}
          - {topic: door, key: hall.door, type: boolean}
        commands:
          - {keys: hall.lamp, topic: cmnd/lamp/POWER}
        publish:
          - {homeassistant: {}}
          - {keys: "kitchen.**", topic: "out/{path}"}
        """

    private func withService(_ body: (TestMQTTClient, Hub, MQTTService, Int) async throws -> Void) async throws {
        let mosquitto = try MosquittoBroker()
        let (configuration, problems) = read("mqtt: {url: 'mqtt://127.0.0.1:\(mosquitto.port)'}\n" + Self.yaml)
        #expect(problems == [])
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        var hubConfiguration = Hub.Configuration()
        hubConfiguration.name = "home"
        hubConfiguration.sources = configuration.sources
        hubConfiguration.keys = [
            Hub.Configuration.KeyEntry(
                pattern: KeyPattern(try #require(KeyName("hall.lamp"))), type: .boolean, options: [])
        ]
        let hub = Hub(store: store, configuration: hubConfiguration, logger: silent)
        hub.start()
        let service = MQTTService(
            configuration, hub: hub, commitInterval: .milliseconds(50), version: "1.2.3", logger: silent)
        service.start()
        let user = try await TestMQTTClient(port: mosquitto.port)
        try await user.subscribe(to: "#")
        // The lamp is there from the start: it is announced at the connection.
        try await user.message("homeassistant/switch/komoku_home/hall_lamp/config")
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(user, hub, service, mosquitto.port))
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

    @Test func `each kind of key is its kind of entity`() async throws {
        try await withService { user, _, _, _ in
            let lamp = try JSON(
                parsing: try await user.message("homeassistant/switch/komoku_home/hall_lamp/config").payload)
            #expect(lamp["command_topic"] == "komoku/hall/lamp/set" && lamp["state_topic"] == "komoku/hall/lamp")
            #expect(lamp["origin"]?["name"] == "komoku" && lamp["origin"]?["sw_version"] == "1.2.3")
            #expect(lamp["availability_topic"] == "komoku/status" && lamp["unique_id"] == "komoku_home_hall.lamp")

            try await user.publish("n/kitchen/temperature", "20.5", retain: true)
            let message = try await user.message("homeassistant/sensor/komoku_home/kitchen_temperature/config")
            let sensor = try JSON(parsing: message.payload)
            #expect(
                message.isRetained && sensor["device_class"] == "temperature" && sensor["state_class"] == "measurement")
            #expect(sensor["state_topic"] == "out/kitchen/temperature" && sensor["device"]?["name"] == "kitchen")
            try await user.message("out/kitchen/temperature", "20.5")

            try await user.publish("meter", "12")
            let meter = try JSON(
                parsing: try await user.message("homeassistant/sensor/komoku_home/house_energy/config").payload)
            #expect(meter["state_class"] == "total_increasing" && meter["device_class"] == "energy")
            try await user.message("komoku/house/energy", "12")

            try await user.publish("door", "on")
            try await user.message("homeassistant/binary_sensor/komoku_home/hall_door/config")
            try await user.publish("button", "single")
            let button = try JSON(
                parsing: try await user.message("homeassistant/event/komoku_home/hall_button/config").payload)
            #expect(button["event_types"] == ["event"])
        }
    }

    @Test func `Home Assistant that starts is told again, and what is gone is withdrawn`() async throws {
        try await withService { user, hub, _, _ in
            try await user.publish("n/hall/lux", "5", retain: true)
            let topic = "homeassistant/sensor/komoku_home/hall_lux/config"
            try await user.message(topic)
            user.messages.removeAll()
            try await user.publish("homeassistant/status", "online")
            try await user.message(topic)
            let name = try #require(KeyName("hall.lux"))
            try await hub.delete(name)
            user.messages.removeAll()
            try await user.publish("homeassistant/status", "online")
            try await user.message(topic, "")
        }
    }

    @Test func `keys that look alike have places of their own`() async throws {
        try await withService { user, _, _, _ in
            try await user.publish("n/a/b_c", "5", retain: true)
            try await user.message("homeassistant/sensor/komoku_home/a_b_c/config")
            try await user.publish("n/a_b/c", "5", retain: true)
            try await user.messages.wait { messages in
                messages.contains { $0.topic.hasPrefix("homeassistant/sensor/komoku_home/a_b_c-") }
            }
        }
    }

    @Test func `a reload without it withdraws everything`() async throws {
        try await withService { user, _, service, port in
            user.messages.removeAll()
            let (configuration, problems) = read("mqtt: {url: 'mqtt://127.0.0.1:\(port)'}")
            #expect(problems == [])
            await onOwnThread { service.reload(configuration) }
            try await user.message("homeassistant/switch/komoku_home/hall_lamp/config", "")
        }
    }
}
