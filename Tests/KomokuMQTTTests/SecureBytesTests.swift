import Glibc
import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuMQTT

/// TLS cuts what a broker sends into records, and shows one at a time.
@Suite struct SecureBytesTests {
    /// Sends each line of a file, in hexadecimal digits, as a record of its own to everyone who connects.
    private static let program = """
        import socket, ssl, sys
        port, folder = int(sys.argv[1]), sys.argv[2]
        pieces = [bytes.fromhex(line) for line in open(folder + '/pieces')]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + '/cert.pem', folder + '/key.pem')
        listener = socket.create_server(('127.0.0.1', port))
        while True:
            try:
                peer = context.wrap_socket(listener.accept()[0], server_side=True)
                if not peer.recv(4096): continue
                for piece in pieces: peer.sendall(piece)
                while peer.recv(4096): pass
            except OSError: pass
        """

    /// Runs an Inbox on a broker that sends these pieces.
    private func withInbox(
        _ pieces: [[UInt8]], maximum: Int = 4_000_000, logger: Logger = silent,
        _ body: (TestSink, Inbox) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try ChildProcess.run(
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder.path("key.pem"), "-out",
            folder.path("cert.pem"), "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        let lines = pieces.map { $0.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        try folder.write(lines.joined(separator: "\n"), to: "pieces")
        let port = try MosquittoBroker.freePort()
        let process = try ChildProcess(["python3", "-c", Self.program, "\(port)", folder.path])
        defer { process.end(SIGKILL) }
        var broker = Broker(
            address: BrokerAddress(host: "localhost", port: port, isEncrypted: true), clientID: "komoku-records")
        broker.authorityFile = folder.path("cert.pem")
        broker.reconnect = .init(minimum: .milliseconds(5), maximum: .milliseconds(50))
        broker.maximumMessage = maximum
        let set = try mappings("mqtt: {}\nmap: [{topic: 'n/{name}', key: 'n.{name}'}]")
        let sink = TestSink()
        let inbox = Inbox(Inbox.Configuration(broker: broker, mappings: set), sink: sink, logger: logger)
        inbox.start()
        do {
            try await body(sink, inbox)
        } catch {
            await onOwnThread { inbox.stop() }
            throw error
        }
        await onOwnThread { inbox.stop() }
    }

    private func pieces(of bytes: [UInt8], upTo most: Int, _ random: inout SplitMix) -> [[UInt8]] {
        var (pieces, rest) = ([[UInt8]](), bytes[...])
        while !rest.isEmpty {
            let count = min(rest.count, Int.random(in: 1...most, using: &random))
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    @Test(arguments: [(1, 3), (2, 20), (3, 300), (4, 16_000)] as [(UInt64, Int)])
    func `messages are whole, wherever their records end`(seed: UInt64, most: Int) async throws {
        var random = SplitMix(seed: seed)
        var (bytes, expected) = (BrokerPackets.accepted(), [String]())
        for number in 0..<60 {
            let size = most < 300 ? 10 : Int.random(in: 1...40_000, using: &random)
            expected.append("\(number) " + String(repeating: "x", count: size))
            bytes += BrokerPackets.publish("n/a", Array(expected[number].utf8)) + [0xD0, 0]
        }
        try await withInbox(pieces(of: bytes, upTo: most, &random)) { sink, _ in
            let seen = try await sink.seen.wait(for: 60)
            #expect(seen.prefix(60).map { $0.text } == expected)
        }
    }

    @Test(arguments: [0x30, 0x40, 0x90, 0xB0, 0xE0] as [UInt8])
    func `what is wrong with a packet is seen although it is cut`(kind: UInt8) async throws {
        let head: [UInt8] =
            switch kind {
            case 0x30: [0, 3] + Array("n/a".utf8)
            case 0xE0: [0]
            case 0x90, 0xB0: [0, 1]
            default: [0, 1, 0]
            }
        let body = head + [2, 0x7F, 0x7F]
        let bytes = BrokerPackets.accepted() + [kind, UInt8(body.count)] + body
        let (logger, lines) = collectingLogger()
        try await withInbox(bytes.map { [$0] }, logger: logger) { _, _ in
            try await lines.wait { $0.contains { $0.contains("the broker breaks MQTT's rules") } }
        }
    }

    @Test func `a message that is too large goes by in TLS too`() async throws {
        let large = [UInt8](repeating: 120, count: 2_000_000)
        let bytes =
            BrokerPackets.publish("n/large", large, id: 1, qos: 1)
            + BrokerPackets.publish("n/small", Array("1".utf8), id: 2, qos: 1)
        try await withInbox([BrokerPackets.accepted(), bytes], maximum: 1 << 16) { sink, inbox in
            try await sink.seen.wait { $0.contains { $0.key == "n.small" } }
            #expect(inbox.counters.tooLarge == 1 && !sink.seen.elements.contains { $0.key == "n.large" })
        }
    }
}
