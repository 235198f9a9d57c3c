import Glibc
import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// How a connection ends: the broker gets everything that was written, whatever it is sending meanwhile.
@Suite struct FarewellTests {
    private func inbox(_ peer: FarewellBroker, _ sink: TestSink) throws -> Inbox {
        let broker = Broker(address: BrokerAddress(host: "127.0.0.1", port: peer.port), clientID: "komoku-farewell")
        var configuration = Inbox.Configuration(
            broker: broker, mappings: try mappings("mqtt: {}\nmap:\n- {topic: 'n/{name}', key: 'n.{name}'}"))
        configuration.commitInterval = .seconds(60)
        let inbox = Inbox(configuration, sink: sink, logger: silent)
        inbox.start()
        return inbox
    }

    @Test func `what the broker still sends costs no acknowledgement at a clean stop`() async throws {
        let peer = try FarewellBroker()
        let sink = TestSink(isAutomatic: false)
        let inbox = try inbox(peer, sink)
        try await peer.connected.wait(for: 1)
        peer.send(BrokerPackets.publish("n/a", Array("1".utf8), id: 7, qos: 1))
        try await sink.seen.wait(for: 1)
        async let stopped: Void = onOwnThread { inbox.stop() }
        // It waits for the commit, and reads nothing.
        try await sink.asked.wait(for: 1)
        for id in 8..<200 { peer.send(BrokerPackets.publish("n/b", Array("2".utf8), id: UInt16(id), qos: 1)) }
        sink.commit()
        let end = try await peer.ends.wait(for: 1)[0]
        await stopped
        #expect(end.error == 0, "the connection was reset")
        #expect(end.bytes.suffix(6) == [0x40, 2, 0, 7, 0xE0, 0])
    }

    @Test func `a broker that does not hang up holds nobody up for long`() async throws {
        let peer = try FarewellBroker(hangsUp: false)
        let inbox = try inbox(peer, TestSink())
        try await peer.connected.wait(for: 1)
        let start = ContinuousClock.now
        await onOwnThread { inbox.stop() }
        #expect(.now - start < .seconds(8))
        peer.stop()
    }
}

/// Accepts one connection, sends what it is told, and says how the connection ended.
private final class FarewellBroker: Sendable {
    struct End: Sendable {
        var bytes: [UInt8]
        /// 0 where the client hung up in good order.
        var error: Int32
    }

    let port: Int
    let connected = Collector<Int32>()
    let ends = Collector<End>()
    private let listener: Int32

    init(hangsUp: Bool = true) throws {
        port = try MosquittoBroker.freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [listener] generic in
                bind(listener, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0, listen(listener, 8) == 0 else { throw ChildProcess.Failure(description: "no listener") }
        Task { [listener, connected, ends] in
            await onOwnThread {
                let peer = accept(listener, nil, nil)
                close(listener)
                var buffer = [UInt8](repeating: 0, count: 4096)
                guard peer >= 0, read(peer, &buffer, buffer.count) > 0 else { return }
                let answer = BrokerPackets.accepted()
                _ = Glibc.send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
                connected.append(peer)
                ends.append(Self.end(of: peer, &buffer))
                if hangsUp { close(peer) }
            }
        }
    }

    private static func end(of peer: Int32, _ buffer: inout [UInt8]) -> End {
        var bytes: [UInt8] = []
        while true {
            let count = read(peer, &buffer, buffer.count)
            guard count > 0 else { return End(bytes: bytes, error: count < 0 ? errno : 0) }
            bytes += buffer[..<count]
        }
    }

    func send(_ bytes: [UInt8]) {
        guard let peer = connected.elements.first else { return }
        _ = Glibc.send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func stop() {
        for peer in connected.elements { close(peer) }
    }
}
