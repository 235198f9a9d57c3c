import Komoku
import KomokuTesting
import Testing

@Suite struct MessageTests {
    private static let configuration = """
        map:
          - {topic: "sensors/{room}/{quantity}", key: "{room}.{quantity}", type: numeric}
          - topic: meter/SENSOR
            json:
              ENERGY.Power: {key: house.power, type: numeric, unit: W}
              State: {key: house.relay, type: boolean, values: {"ON": true, "OFF": false}}
              Temp: {key: meter.temperature, value: "(value - 32) / 1.8"}
        publish:
          - {keys: "**", topic: "komoku/{path}", retain: true, payload: value}
        commands:
          - {keys: kitchen.lamp, topic: cmnd/kitchen/POWER, payload: {"true": "ON", "false": "OFF"}}
        keys:
          kitchen.lamp: {type: boolean}
          hall.alive: {type: uptime, max_time: 1s}
        rules:
          - name: warm
            when: {becomes: "kitchen.temperature > 25"}
            then:
              - publish: {topic: house/notice, payload: "{kitchen.temperature} degrees"}
              - put: {kitchen.lamp: true}
        """

    @Test func `a message becomes a key, is republished, and fires a rule`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.subscribe(to: "komoku/#")
        try await device.subscribe(to: "house/#")
        try await device.subscribe(to: "cmnd/#")
        try await device.publish("sensors/kitchen/temperature", "20.5")
        #expect(try await device.message("komoku/kitchen/temperature").payload == "20.5")
        #expect(try await house.get("kitchen.temperature") == 20.5)

        try await device.publish("sensors/kitchen/temperature", "26")
        try await device.message("house/notice", "26 degrees")
        try await device.message("cmnd/kitchen/POWER", "ON")
        #expect(try await house.get("kitchen.lamp") == true)
        #expect(try await house.history("kitchen.temperature").compactMap { $0.array?.last } == [20.5, 26])

        try await device.publish("meter/SENSOR", #"{"ENERGY":{"Power":120,"Total":1},"State":"ON","Temp":212}"#)
        try await device.message("komoku/house/relay", "true")
        #expect(try await house.get("house.power") == 120)
        #expect(try await house.get("meter.temperature") == 100)
    }

    @Test func `commands come in over MQTT and go out to the device`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.subscribe(to: "cmnd/#")
        try await device.publish("komoku/kitchen/lamp/set", "true")
        try await device.message("cmnd/kitchen/POWER", "ON")
        #expect(try await house.komoku("put", "kitchen.lamp", "false").code == 0)
        try await device.message("cmnd/kitchen/POWER", "OFF")
    }

    @Test func `both WebSocket protocols push the change`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        let hub = try await house.start()
        defer { hub.end() }
        let device = try await TestMQTTClient(port: house.broker.port)
        var listeners: [RunningProcess] = []
        for (port, acknowledged) in [(house.ports.v1, "ack"), (house.ports.v2, "ok")] {
            let listener = try RunningProcess(
                "/usr/bin/python3",
                ["-u", Repository.path("Tests/Acceptance/Fixtures/listen.py"), "\(port)", "hall.lux"])
            listeners.append(listener)
            try await listener.line(acknowledged)
        }
        try await device.publish("sensors/hall/lux", "12")
        for listener in listeners {
            let push = try JSON(parsing: try await listener.line("pub"))["pub"]
            #expect(push?["key"] == "hall.lux")
            #expect(push?["value"] == 12)
            #expect(push?["previous_value"] == .null)
        }
        for listener in listeners { listener.end() }
    }

    @Test func `an uptime key falls by itself, also when the hub was down`() async throws {
        let house = try House(Self.configuration)
        defer { house.remove() }
        var hub = try await house.start()
        #expect(try await house.komoku("put", "hall.alive", "true").code == 0)
        try await house.wait(for: "hall.alive", false)
        #expect(try await house.komoku("put", "hall.alive", "true").code == 0)
        hub.end(9)
        hub = try await house.start()
        defer { hub.end() }
        try await house.wait(for: "hall.alive", false)
        let points = try await house.history("hall.alive").compactMap(\.array)
        #expect(points.compactMap(\.last) == [true, false, true, false])
        let times = points.compactMap { $0.first?.number }
        #expect(abs(times[3] - times[2] - 1) < 0.000_001, "the false is dated at the deadline")
    }
}
