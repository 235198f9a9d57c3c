import Komoku
import KomokuTesting
import Testing

@Suite struct PayloadTests {
    @Test func `payloads that nobody can use become dead letters and hold nobody up`() async throws {
        let house = try House(
            """
            map:
              - {topic: plain, key: plain, type: numeric}
              - {topic: wild, json: {a.b: {key: wild.b, type: numeric}, "*": "wild.{path}"}}
              - {topic: end, key: end, type: numeric}
            """)
        defer { house.remove() }
        let hub = try await house.start()
        let device = try await TestMQTTClient(port: house.broker.port)
        let deep = String(repeating: "{\"a\":", count: 100_000)
        let wide = "{" + (0..<10_000).map { "\"f\($0)\":\($0)" }.joined(separator: ",") + "}"
        let payloads: [[UInt8]] = [
            [], [0xFF, 0xFE], Array("NaN".utf8), Array("1e999".utf8), Array("{".utf8),
            Array("{\"a\":{\"b\":NaN}}".utf8),
            Array(deep.utf8), Array(wide.utf8), [UInt8](repeating: 0x31, count: 5 << 20),
            Array("{\"a\":{\"b\":\"".utf8) + [UInt8](repeating: 0x78, count: 2 << 20), Array("null".utf8),
            Array("[]".utf8),
        ]
        for topic in ["plain", "wild"] {
            for payload in payloads { try device.post(topic, payload) }
        }
        try await device.publish("wild", #"{"a":{"b":7}}"#)
        try await device.publish("end", "1")
        try await house.wait(for: "end", 1)
        #expect(try await house.get("wild.b") == 7)
        #expect(try await house.get("plain") == nil)
        let letters = try await house.komoku("store", "--json").output.joined()
        let count = try JSON(parsing: letters)["hub"]?["dead_letters"]?.number
        #expect((count ?? 0) > 0, "\(letters)")
        #expect(hub.end() == 0)
    }
}
