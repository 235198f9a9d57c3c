import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct DiscoverySuggestionTests {
    private func suggestion(_ families: [String]) throws -> String {
        var found = DiscoverySuggestion()
        for family in families {
            for row in try DeviceFixture(family).rows { found.take(row.topic, row.payload) }
        }
        return found.configuration(url: "mqtt://127.0.0.1:1883")
    }

    @Test(arguments: [
        ("zigbee2mqtt", "  zigbee2mqtt: {base: \"zigbee2mqtt\"}"),
        ("tasmota", "  tasmota: {discovery: \"tasmota/discovery\"}"),
        ("hadiscovery", "  homeassistant: {prefix: \"homeassistant\"}"), ("shelly", "  shelly: {}"),
        ("esphome", "  esphome: {}"), ("homie", "  homie: {domains: [\"homie\"]}"),
    ])
    func `each family is found`(family: String, line: String) throws {
        let text = try suggestion([family])
        #expect(text.contains("\n" + line), "\(text)")
    }

    @Test func `topics without discovery are suggested as remarks`() throws {
        let text = try suggestion(["misc"])
        #expect(text.contains("#   devices: {json: ") && text.contains("#   map: [{topic: "), "\(text)")
        #expect(!text.contains("\ndevices:"))
    }

    @Test func `what is suggested is a configuration without errors`() throws {
        let text = try suggestion(["zigbee2mqtt", "tasmota", "hadiscovery", "shelly", "esphome", "homie", "misc"])
        let (configuration, problems) = read(text)
        #expect(problems == [], "\(text)")
        #expect(configuration.devices.zigbee2mqtt == ["zigbee2mqtt"] && configuration.devices.hasShelly)
    }

    private static let levels = [
        "", "a", " ", "a b", "\"", "'", "\\", "ä", "e\u{301}", "👩‍👩‍👧", "\u{A0}", "\u{2028}", "\u{202E}", "$", "$SYS", "{",
        "}",
        "{a}", "true", "5", "null", "~", "komoku", "homeassistant", "homie", "x: y", "#x", "+x", "- a", "%", "\u{1}",
        "\u{7F}",
        "\u{85}", "\u{FEFF}", String(repeating: "long", count: 300),
    ]

    @Test func `whatever topics there are, what is suggested is a configuration`() {
        let config = #"{"state_topic":"s","unique_id":"u","device":{"identifiers":"d"}}"#
        Fuzz.run("suggestions", seeds: 150) { source in
            var found = DiscoverySuggestion()
            for _ in 0...source.below(6) {
                let base = (0...source.below(2)).map { _ in source.pick(Self.levels) }.joined(separator: "/")
                switch source.below(8) {
                case 0: found.take(base + "/bridge/devices", Array(#"[{"ieee_address":"0x0011223344556677"}]"#.utf8))
                case 1: found.take(base + "/A1B2C3D4E5F6/config", Array("{}".utf8))
                case 2: found.take(base + "/sensor/x/config", Array(config.utf8))
                case 3: found.take(base + "/5/x/$state", Array("ready".utf8))
                case 4: found.take(base + "/x/$homie", Array("4.0.0".utf8))
                case 5: found.take(base + "/events/rpc", Array("{}".utf8))
                case 6: found.take(base, Array(#"{"a":1}"#.utf8))
                default: found.take(base, Array("21.5".utf8))
                }
            }
            let text = found.configuration(url: "mqtt://127.0.0.1:1883")
            #expect(read(text).1 == [], "\(text)")
            for line in text.split(separator: "\n") where line.hasPrefix("#   ") {
                let remark = "mqtt: {}\n" + line.dropFirst(4)
                #expect(read(remark).1 == [], "\(remark)")
            }
        }
    }

    @Test func `what a hub publishes is not suggested to be mapped`() {
        var found = DiscoverySuggestion()
        let one = Array("1".utf8)
        for topic in ["komoku/kitchen/lamp", "house/hub/kitchen/lamp", "node/sensor/a/state", "odd/thing"] {
            found.take(topic, one)
        }
        for base in ["house/hub", "node"] { found.take("\(base)/status", Array("online".utf8), isRetained: true) }
        // It is no state that is kept, and another word.
        found.take("odd/status", Array("online".utf8))
        found.take("odd/status", Array("fine".utf8), isRetained: true)
        let text = found.configuration(url: "mqtt://x")
        #expect(!text.contains("komoku/") && !text.contains("house/"), "\(text)")
        #expect(text.contains("node/") && text.contains("odd/"), "\(text)")
    }

    @Test func `a name cannot leave its remark`() {
        var found = DiscoverySuggestion()
        found.take("a\u{2028}rules: []\n/\"x", Array("1".utf8))
        let text = found.configuration(url: "mqtt://x")
        #expect(
            text.split(whereSeparator: \.isNewline).allSatisfy { $0.first == "#" || $0.hasPrefix("mqtt:") }, "\(text)")
    }

    @Test func `it is bounded`() {
        var found = DiscoverySuggestion()
        for number in 0..<(DiscoverySuggestion.maximumTopics + 100) { found.take("t/\(number)", Array("1".utf8)) }
        #expect(found.topicCount == DiscoverySuggestion.maximumTopics && found.isCut)
        #expect(found.configuration(url: "mqtt://x").utf8.count < 4096)
    }

    @Test func `a broker is listened to`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        try await device.publish("homie/5/lamp/$state", "ready", retain: true)
        let texts = Collector<String>()
        await onOwnThread {
            let broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: "x")
            let found = try? DiscoveryListener(broker, logger: silent).listen(
                for: .seconds(10), unless: { texts.elements.count > 0 },
                progress: { if $0.messages > 0 { texts.append("heard") } })
            texts.append(found?.configuration(url: "mqtt://x") ?? "")
        }
        #expect(texts.elements.last?.contains("homie: {domains: [\"homie\"]}") == true)
    }
}
