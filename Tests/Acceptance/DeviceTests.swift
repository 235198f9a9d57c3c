import Komoku
import KomokuTesting
import Testing

/// Devices as a user has them: what they announce, what is asked on the command line, and what outlives a crash.
@Suite struct DeviceTests {
    /// Tells when the hub is done with all that was sent before.
    private struct Marker {
        let device: TestMQTTClient
        let watch: RunningProcess
        private var count = 0

        static let mapping = "map: [{topic: fixture/end, key: fixture.end, type: numeric}]"

        init(_ house: House, _ device: TestMQTTClient) throws {
            self.device = device
            watch = try RunningProcess(
                "komoku", ["watch", "fixture.end", "--init", "--json"],
                environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(house.ports.v2)"])
        }

        /// A subscription that a message brought is made after the first round, and holds before the second has ended.
        mutating func settle(rounds: Int = 2) async throws {
            for _ in 0..<rounds {
                count += 1
                let number = JSON.number(Double(count))
                try await device.publish("fixture/end", "\(count)")
                try await watch.lines.wait(within: .seconds(30)) { lines in
                    lines.contains { (try? JSON(parsing: $0))?["value"] == number }
                }
            }
        }
    }

    private static let families = [
        "zigbee2mqtt": "zigbee2mqtt: {base: zigbee2mqtt}", "tasmota": "tasmota: {discovery: tasmota/discovery}",
        "hadiscovery": "homeassistant: {prefix: homeassistant}", "shelly": "shelly: {}", "esphome": "esphome: {}",
        "homie": "homie: {domains: [homie]}", "misc": ##"json: ["#"]"##,
    ]

    /// What the broker holds before the hub comes, then everything else in its order. Rows that stand for a reconnect of
    /// the hub are left out.
    private func replay(_ family: String, in house: House) async throws -> RunningProcess {
        let rows = try FixtureTests.rows(family)
        let device = try await TestMQTTClient(port: house.broker.port)
        for row in rows where row.isReplay && row.time < 1 {
            try await device.publish(row.topic, bytes: row.payload, retain: true)
        }
        let hub = try await house.start()
        var marker = try Marker(house, device)
        defer { marker.watch.end() }
        try await marker.settle()
        for row in rows where !row.isReplay {
            try device.post(row.topic, row.payload, retain: row.isStored)
            // It may bring topics that the hub does not listen to yet.
            if Self.announces(row.topic) { try await marker.settle() }
        }
        try await marker.settle()
        return hub
    }

    private static func announces(_ topic: String) -> Bool {
        topic.hasSuffix("/config") || topic.hasSuffix("bridge/devices") || topic.contains("/$")
    }

    @Test(arguments: ["zigbee2mqtt", "tasmota", "hadiscovery", "shelly", "esphome", "homie", "misc"])
    func `the command line tells of each family what it should`(family: String) async throws {
        let house = try House(
            """
            \(Marker.mapping)
            devices: {\(Self.families[family] ?? "")}
            keys: {"**": {same_value_resolution: 0s}}
            """)
        defer { house.remove() }
        let hub = try await replay(family, in: house)
        defer { hub.end() }
        let (code, output) = try await house.komoku("devices", "--json")
        #expect(code == 0)
        let expectation = DeviceExpectation(
            try JSON(parsing: FixtureTests.text("\(family).expected.json")),
            catalogue: try JSON(parsing: output.joined()))
        #expect(expectation.count > 10)
        #expect(expectation.differences() == [])
        for found in expectation.commands {
            let put = ["put", "--dry-run", "--json", found.key, "--", found.value]
            let line = try await house.komoku(put).output.joined()
            #expect((try? JSON(parsing: line)).map(found.accepts) == true, "\(found.place): \(line), \(found.row.text)")
        }
        for found in expectation.events {
            let points = try await house.history(found.key)
            #expect(found.accepts(points), "\(found.place): \(points), not \(found.row["values"]?.text ?? "")")
        }
    }

    // MARK: A lamp and a button

    private static let lamp = "0x00124b0000000001"
    private static let lampFeatures = """
        {"type":"light","features":[
          {"type":"binary","name":"state","property":"state","access":7,"value_on":"ON","value_off":"OFF"},
          {"type":"numeric","name":"brightness","property":"brightness","access":7,"value_min":0,"value_max":254}]}
        """
    private static let buttonFeatures = """
        {"type":"enum","name":"action","property":"action","access":1,"values":["single","double"]}
        """

    private static func bridge(lampName: String) -> String {
        func device(_ id: String, _ name: String, _ model: String, _ features: String) -> String {
            """
            {"ieee_address":"\(id)","friendly_name":"\(name)","type":"Router","supported":true,"disabled":false,
             "interview_completed":true,"definition":{"model":"\(model)","vendor":"IKEA","exposes":[\(features)]}}
            """
        }
        let devices = [
            device(lamp, lampName, "LED1836G9", lampFeatures),
            device("0x00124b0000000002", "button", "E1743", buttonFeatures),
        ]
        return "[\(devices.joined(separator: ","))]"
    }

    private static let press = #"{"action":"single","last_seen":"2026-03-14T07:00:00.000Z"}"#
    private static let secondPress = #"{"action":"single","last_seen":"2026-03-14T07:00:01.000Z"}"#

    /// A hub that knows both, with a value and two presses.
    private func startWithLamp(in house: House, _ device: TestMQTTClient) async throws -> RunningProcess {
        try await device.publish("zigbee2mqtt/bridge/devices", Self.bridge(lampName: "hall_lamp"), retain: true)
        let hub = try await house.start()
        try await device.publish("zigbee2mqtt/hall_lamp", #"{"state":"ON","brightness":120}"#)
        try await device.publish("zigbee2mqtt/button", Self.press)
        // Kept by the broker, as some buttons are set up.
        try await device.publish("zigbee2mqtt/button", Self.secondPress, retain: true)
        try await device.publish("fixture/end", "1")
        try await house.wait(for: "fixture.end", 1)
        return hub
    }

    @Test func `devices, values and presses outlive a kill`() async throws {
        var options = MosquittoBroker.Options()
        options.isPersistent = true
        let house = try House(
            "\(Marker.mapping)\ndevices: {zigbee2mqtt: {}}", mqtt: "receive_maximum: 20", broker: options)
        defer { house.remove() }
        let visitor = try await TestMQTTClient(port: house.broker.port)
        let first = try await startWithLamp(in: house, visitor)
        // The broker sends so many only where all before the last twenty are acknowledged.
        for count in 2...30 { try await visitor.publish("fixture/end", "\(count)") }
        try await house.wait(for: "fixture.end", 30)
        first.end(9)
        // Until then nobody says what there is.
        house.broker.stop()
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        let shown = try JSON(parsing: try await house.komoku("devices", "show", "hall_lamp", "--json").output.joined())
        #expect(shown["model"] == "LED1836G9")
        let values = (shown["properties"]?.array ?? []).map { "\($0["key"]?.string ?? "") \($0["value"]?.text ?? "")" }
        #expect(values.contains("hall_lamp.state true"))
        #expect(values.contains("hall_lamp.brightness 120"))

        try house.broker.start()
        try await hub.line("subscribed")
        let device = try await TestMQTTClient(port: house.broker.port)
        try await device.publish("fixture/end", "31")
        try await house.wait(for: "fixture.end", 31)
        let presses = try await house.history("button.action").compactMap { $0.array?.last }
        #expect(presses == ["single", "single"])
        try await command(house, device)
    }

    /// A command to the lamp, which reports it.
    private func command(_ house: House, _ device: TestMQTTClient) async throws {
        try await device.subscribe(to: "zigbee2mqtt/hall_lamp/set")
        let put = try RunningProcess(
            "komoku", ["put", "hall_lamp.state", "off"],
            environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(house.ports.v2)"])
        let message = try await device.message("zigbee2mqtt/hall_lamp/set")
        #expect(message.payload == #"{"state":"OFF"}"#)
        #expect(try await house.get("hall_lamp.state") == true, "nothing is reported yet")
        try await device.publish("zigbee2mqtt/hall_lamp", #"{"state":"OFF","brightness":120}"#)
        let (code, output) = try await put.waitForEnd()
        #expect(code == 0)
        #expect(output.first?.hasPrefix("hall_lamp.state: off, reported by the device") == true)
        #expect(try await house.get("hall_lamp.state") == false)
    }

    @Test func `a renamed device keeps its history`() async throws {
        let house = try House("\(Marker.mapping)\ndevices: {zigbee2mqtt: {}}")
        defer { house.remove() }
        let device = try await TestMQTTClient(port: house.broker.port)
        let hub = try await startWithLamp(in: house, device)
        defer { hub.end() }
        // As the bridge says it.
        try await device.publish("zigbee2mqtt/hall_lamp", "", retain: true)
        try await device.publish("zigbee2mqtt/bridge/devices", Self.bridge(lampName: "Stairs/Lamp"), retain: true)
        try await device.publish("zigbee2mqtt/Stairs/Lamp", #"{"state":"ON","brightness":80}"#)
        try await house.wait(for: "stairs_lamp.brightness", 80)
        let points = try await house.history("stairs_lamp.brightness").compactMap { $0.array?.last }
        #expect(points == [120, 80])
        #expect(try await house.komoku("keys", "hall_lamp.*").output.allSatisfy { !$0.hasPrefix("hall_lamp.") })
    }
}
