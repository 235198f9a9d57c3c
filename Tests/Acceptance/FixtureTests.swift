import Foundation
import Komoku
import KomokuTesting
import Testing

/// The recorded-like hours of a house, sent through a real broker to the real hub.
@Suite struct FixtureTests {
    struct Row {
        let topic: String
        let payload: [UInt8]
        let isReplay: Bool
        let isStored: Bool
        let time: Double

        init(_ line: Substring) throws {
            let row = try JSON(parsing: String(line))
            topic = row["topic"]?.string ?? ""
            let encoded = row["payload_base64"]?.string.flatMap { Data(base64Encoded: $0) }
            payload = encoded.map(Array.init) ?? Array((row["payload"]?.string ?? "").utf8)
            isReplay = row["retain"]?.bool ?? false
            isStored = row["stored"]?.bool ?? false
            time = row["at"]?.number ?? 0
        }
    }

    static func text(_ name: String) throws -> String {
        let path = Repository.path("Tests/Acceptance/Fixtures/\(name)")
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    static func rows(_ family: String) throws -> [Row] {
        try text("\(family).jsonl").split(separator: "\n").map { try Row($0) }
    }

    /// Publishes what the broker holds before the hub comes, then everything else in its order.
    private func replay(_ family: String, in house: House) async throws -> RunningProcess {
        let rows = try Self.rows(family)
        let device = try await TestMQTTClient(port: house.broker.port)
        // Rows that stand for a reconnect of the hub only count where they are the first of their topic.
        var topics: Set<String> = []
        for row in rows where topics.insert(row.topic).inserted && row.isReplay {
            try await device.publish(row.topic, bytes: row.payload, retain: true)
        }
        let hub = try await house.start()
        for row in rows where !row.isReplay { try device.post(row.topic, row.payload, retain: row.isStored) }
        try await device.publish("fixture/end", "1")
        try await house.wait(for: "fixture.end", 1)
        return hub
    }

    @Test(arguments: ["misc", "zigbee2mqtt", "tasmota", "shelly", "esphome", "homie", "hadiscovery"])
    func `the hub outlives an hour of each family`(family: String) async throws {
        let house = try House(
            """
            map:
              - {topic: fixture/end, key: fixture.end, type: numeric}
              - {topic: "{path+}", key: "all.{path}"}
              - {topic: "zigbee2mqtt/{device}", json: {"*": "{device}.{path}"}}
              - {topic: "tele/{device}/SENSOR", json: {"*": "{device}.{path}"}}
            publish: [{keys: "**", topic: "komoku/{path}", retain: true, payload: value}]
            """)
        defer { house.remove() }
        let hub = try await replay(family, in: house)
        let (code, output) = try await house.komoku("keys", "--json")
        #expect(code == 0)
        let keys = try JSON(parsing: output.joined()).object
        #expect((keys?.count ?? 0) > 10)
        #expect(hub.end() == 0)
    }

    private static func agree(_ found: JSON?, _ expected: JSON) -> Bool {
        guard let a = found?.number, let b = expected.number else { return found == expected }
        return abs(a - b) <= 1e-6 * max(1, abs(b))
    }

    @Test func `plain topics are typed and end with the expected values`() async throws {
        let house = try House(
            try Self.text("house.yaml") + "\n  - {topic: fixture/end, key: fixture.end, type: numeric}\n")
        defer { house.remove() }
        let hub = try await replay("misc", in: house)
        defer { hub.end() }
        let expected = try JSON(parsing: Self.text("misc.expected.json"))
        let keys = try JSON(parsing: try await house.komoku("keys", "--json").output.joined())
        var compared = 0
        for property in expected["properties"]?.array ?? [] {
            guard let device = property["device"]?.string, let name = property["property"]?.string,
                device != "Kerui-Security/8213", let value = property["last_value"], !value.isNull
            else { continue }
            let path = name == "value" ? device : "\(device)/\(name)"
            let key = path.split(whereSeparator: { "/.".contains($0) }).compactMap { KeyName.segment(from: String($0)) }
                .joined(separator: ".")
            let found = keys[key]?["value"]
            let accepted = [value] + (property["value_also_ok"]?.array ?? [])
            compared += 1
            #expect(
                accepted.contains { Self.agree(found, $0) },
                "\(key): \(found?.text ?? "missing") instead of \(value.text)")
        }
        #expect(compared > 20)
    }
}
