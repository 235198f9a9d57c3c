import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuMQTT

/// A broker may send anything: no bytes end the process, and the hub goes on when it is right again.
@Suite struct HostileBrokerTests {
    private func inbox(
        _ port: Int, _ clientID: String, _ sink: TestSink, logger: Logger = silent,
        reconnect: Backoff.Bounds = .init(minimum: .milliseconds(1), maximum: .milliseconds(2)),
        maximum: Int = 4_000_000
    ) throws -> Inbox {
        var broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: port), clientID: clientID)
        broker.reconnect = reconnect
        broker.maximumMessage = maximum
        let set = try mappings("mqtt: {}\nmap: [{topic: 'n/{name}', key: 'n.{name}'}]")
        var configuration = Inbox.Configuration(broker: broker, mappings: set)
        configuration.commitInterval = .milliseconds(20)
        let inbox = Inbox(configuration, sink: sink, logger: logger)
        inbox.start()
        return inbox
    }

    /// A stream that begins well, mostly, and then does not.
    private static func stream(_ seed: UInt64) -> [UInt8] {
        var random = SplitMix(seed: seed)
        if seed % 8 == 0 { return noise(&random) }
        var bytes = BrokerPackets.accepted()
        if seed % 8 == 1 {
            // Properties of CONNACK that are none.
            let properties = noise(&random).prefix(100)
            return [0x20] + BrokerPackets.length(properties.count + 3) + [0, 0, UInt8(properties.count)] + properties
        }
        for _ in 0..<Int.random(in: 1...6, using: &random) { bytes += packet(&random) }
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            // The CONNACK mostly stays: what follows is to be reached.
            let first = seed % 3 == 0 ? 0 : min(5, bytes.count - 1)
            let place = Int.random(in: first..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: .min ... .max, using: &random)
        }
        return bytes + noise(&random).prefix(Int.random(in: 0...20, using: &random))
    }

    private static func noise(_ random: inout SplitMix) -> [UInt8] {
        (0..<Int.random(in: 1...200, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    }

    /// A packet of any type, its content of the right length at least.
    private static func packet(_ random: inout SplitMix) -> [UInt8] {
        if Bool.random(using: &random) {
            let id = UInt16.random(in: 0...3, using: &random)
            return BrokerPackets.publish("n/a", Array("1".utf8), id: id, qos: UInt8.random(in: 0...2, using: &random))
        }
        let body = noise(&random).prefix(Int.random(in: 0...30, using: &random))
        let flags: UInt8 = Bool.random(using: &random) ? 0 : 2
        return [UInt8.random(in: 2...15, using: &random) << 4 | flags] + BrokerPackets.length(body.count) + body
    }

    @Test func `no bytes from a broker end the hub`() async throws {
        let rounds = 400
        let id = "komoku-hostile"
        let broker = try ScriptedBroker(clientID: id) { number in
            if number < rounds { return .init(bytes: Self.stream(UInt64(number))) }
            let good = BrokerPackets.publish("n/end", Array("1".utf8))
            return .init(bytes: BrokerPackets.accepted(number % 2 == 0 ? 5 : 4) + good, stays: true)
        }
        defer { broker.stop() }
        let sink = TestSink()
        let inbox = try inbox(broker.port, id, sink)
        try await sink.seen.wait(within: .seconds(60)) { $0.contains { $0.key == "n.end" } }
        await onOwnThread { inbox.stop() }
        #expect(broker.count > rounds)
    }

    /// As the issue was found: properties that MQTT 5 does not have, in every packet that may have some.
    @Test(arguments: [UInt8](arrayLiteral: 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xB0, 0xE0, 0xF0))
    func `what is wrong with a packet is said`(kind: UInt8) async throws {
        let id = "komoku-rules-\(kind)"
        let head: [UInt8] =
            switch kind {
            case 0x30: [0, 3] + Array("n/a".utf8)
            case 0x20: [0, 0]
            case 0xE0: [0]
            case 0x90, 0xB0: [0, 1]
            default: [0, 1, 0]
            }
        let body = head + [2, 0x7F, 0x7F]
        let flags: UInt8 = kind == 0x60 ? 2 : 0
        let bytes = (kind == 0x20 ? [] : BrokerPackets.accepted()) + [kind | flags, UInt8(body.count)] + body
        let broker = try ScriptedBroker(clientID: id) { _ in .init(bytes: bytes, stays: true) }
        defer { broker.stop() }
        let (logger, lines) = collectingLogger()
        let inbox = try inbox(broker.port, id, TestSink(), logger: logger)
        try await lines.wait { $0.contains { $0.contains("cannot be reached") } }
        #expect(lines.elements.contains { $0.contains("the broker breaks MQTT's rules") }, "\(lines.elements)")
        await onOwnThread { inbox.stop() }
    }

    @Test func `a broker that takes us and hangs up is not hammered`() async throws {
        let id = "komoku-hammer"
        let broker = try ScriptedBroker(clientID: id) { _ in .init(bytes: BrokerPackets.accepted()) }
        defer { broker.stop() }
        let bounds = Backoff.Bounds(minimum: .milliseconds(20), maximum: .seconds(10))
        let inbox = try inbox(broker.port, id, TestSink(), reconnect: bounds)
        try await Task.sleep(for: .milliseconds(1300))
        await onOwnThread { inbox.stop() }
        #expect(3...9 ~= broker.count)
    }

    @Test(arguments: [5, 4])
    func `a message that is too large goes by without being kept`(version: Int) async throws {
        let id = "komoku-large-\(version)"
        let large = [UInt8](repeating: 120, count: 20_000_000)
        let bytes =
            BrokerPackets.publish("n/large", large, id: 1, qos: 1, version: version)
            + BrokerPackets.publish("n/large", large, version: version)
            + BrokerPackets.publish("n/small", Array("1".utf8), id: 2, qos: 1, version: version)
        let broker = try ScriptedBroker(clientID: id) { number in
            if version == 4, number == 0 { return .init(bytes: [0x20, 2, 0, 1]) }
            return .init(bytes: BrokerPackets.accepted(version) + bytes, stays: true)
        }
        defer { broker.stop() }
        let (sink, (logger, lines)) = (TestSink(), collectingLogger())
        let inbox = try inbox(broker.port, id, sink, logger: logger, maximum: 1 << 16)
        try await sink.seen.wait { $0.contains { $0.key == "n.small" } }
        try await broker.received.wait { all in
            let bytes = all.reduce([]) { $0 + $1.bytes }
            return bytes.contains([0x40, 2, 0, 1] as [UInt8]) && bytes.contains([0x40, 2, 0, 2] as [UInt8])
        }
        try await lines.wait { $0.contains { $0.contains("max_message") } }
        await onOwnThread { inbox.stop() }
        #expect(sink.seen.elements.map(\.key) == ["n.small"] && inbox.counters.tooLarge == 2)
        #expect(sink.letters.elements.allSatisfy { $0.topic == "n/large" && $0.payload.count <= 1024 })
        #expect(lines.elements.filter { $0.contains("n/large") }.count == 1, "\(lines.elements)")
    }
}
