import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct MessageCopiesTests {
    /// Messages as content and subscription; 0 is a broker that does not say.
    @Test(
        arguments: [
            ([("x", 2), ("x", 3), ("x", 2), ("x", 3)], 2), ([("x", 2), ("x", 3), ("x", 4)], 1),
            ([("x", 2), ("x", 2)], 2),
            ([("x", 2), ("y", 3)], 2), ([("x", 0), ("x", 0)], 2), ([("x", 2), ("y", 2), ("x", 3)], 3),
            ([("x", 2), ("x", 0), ("x", 3)], 3),
        ] as [([(String, UInt32)], Int)])
    func `copies of a message are one`(messages: [(String, UInt32)], count: Int) {
        var copies = MessageCopies()
        let found = messages.count { text, subscription in
            let hash = UInt64(truncatingIfNeeded: text.hashValue)
            return !copies.isCopy(hash, subscription: subscription == 0 ? nil : subscription)
        }
        #expect(found == count)
    }

    @Test func `equal presses through overlapping filters count as often as they were made`() async throws {
        let mosquitto = try MosquittoBroker()
        let device = try await TestMQTTClient(port: mosquitto.port)
        let sink = TestSink()
        let broker = Broker(
            address: BrokerAddress(host: "127.0.0.1", port: mosquitto.port), clientID: "komoku-copies")
        let map = """
            - {topic: '+/press', key: 'one.{1}'}
            - {topic: 'house/#', key: two}
            - {topic: 'house/+/level', key: three}
            """
        var configuration = Inbox.Configuration(broker: broker, mappings: try mappings("mqtt: {}\nmap:\n\(map)"))
        configuration.commitInterval = .milliseconds(50)
        let inbox = Inbox(configuration, sink: sink, logger: silent)
        inbox.start()
        defer { inbox.stop() }
        try await device.publish("house/ready", "1", retain: true)
        try await sink.seen.wait { $0.contains { $0.key == "two" } }
        for qos in [0, 1, 1, 0] { try await device.publish("house/press", "single", qos: qos) }
        try await device.publish("house/end", "end")
        let seen = try await sink.seen.wait {
            $0.contains { $0.key == "two" && $0.text == "end" }
        }
        #expect(seen.count { $0.key == "one.house" && $0.text == "single" } == 4)
        #expect(seen.count { $0.key == "two" && $0.text == "single" } == 4)
        #expect(inbox.counters.duplicates > 0)
    }
}
