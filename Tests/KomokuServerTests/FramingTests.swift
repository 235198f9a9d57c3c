import Komoku
import KomokuWire
@testable import KomokuServer
import Testing

/// What RFC 6455 and the limits demand, byte by byte.
struct FramingTests {
    private let ping = Array(#"{"ping":1}"#.utf8)
    private let pong = #"{"pong":1}"#

    @Test func fragmentsAreJoinedWithAPingBetweenThem() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.write(RawSocket.frame(1, Array(ping[..<4]), fin: false))
            try socket.write(RawSocket.frame(9, [7, 8]))
            try socket.write(RawSocket.frame(0, Array(ping[4...])))
            #expect(try socket.receive() == RawSocket.Frame(opcode: 10, payload: [7, 8]))
            #expect(try socket.receiveText() == pong)
        }
    }

    @Test func aBinaryFrameIsReadLikeText() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.write(RawSocket.frame(2, ping))
            #expect(try socket.receiveText() == pong)
            try socket.write(RawSocket.frame(10, []))
            #expect(try socket.ask(#"{"ping":1}"#) == pong)
        }
    }

    @Test(
        arguments: [
            (
                "a frame too large", RawSocket.frame(1, [], masked: false).prefix(1) + [0xFF, 0, 0, 0, 0, 6, 0, 0, 0],
                1009
            ),
            ("invalid UTF-8", RawSocket.frame(1, [0x22, 0xC3, 0x28, 0x22])[...], 1007),
            ("an unmasked frame", RawSocket.frame(1, [0x31], masked: false)[...], 1002),
            ("compression", RawSocket.frame(1, [0x31], reserved: 0x40)[...], 1002),
            ("a continuation of nothing", RawSocket.frame(0, [0x31])[...], 1002),
            ("an unknown opcode", RawSocket.frame(3, [0x31])[...], 1002),
            ("a long ping", RawSocket.frame(9, [UInt8](repeating: 0, count: 126))[...], 1002),
            (
                "a message inside another", (RawSocket.frame(1, [0x31], fin: false) + RawSocket.frame(1, [0x31]))[...],
                1002
            ),
            ("a close", RawSocket.frame(8, [3, 232])[...], 1000),
        ] as [(String, ArraySlice<UInt8>, Int)])
    func aViolationIsClosedWithItsCode(what: String, bytes: ArraySlice<UInt8>, code: Int) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.write(Array(bytes))
            #expect(try socket.receive().code == code)
            #expect(socket.isEnded())
        }
    }

    @Test func aMessageOfAMebibyteIsTakenAndFragmentsBeyondItAreNot() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let text = #"{"ping":""# + String(repeating: "x", count: (1 << 20) - 11) + #""}"#
            #expect(text.utf8.count == 1 << 20)
            #expect(try socket.ask(text).utf8.count == (1 << 20))
            let half = [UInt8](repeating: 0x20, count: 600_000)
            try socket.write(RawSocket.frame(1, half, fin: false))
            try socket.write(RawSocket.frame(0, half))
            #expect(try socket.receive().code == 1009)
        }
    }

    @Test func theCloseCodeArrivesThoughTheClientStillSends() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let length = 100 << 20
            try socket.write([0x81, 0xFF] + (0..<8).map { UInt8(length >> (56 - 8 * $0) & 255) } + [1, 2, 3, 4])
            for _ in 0..<20 { try socket.write([UInt8](repeating: 0, count: 1 << 20)) }
            #expect(try socket.receive().code == 1009)
        }
    }

    @Test func framesBehindTheHandshakeInOnePacketAreAnswered() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v1)
            var request = Array(
                ("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                    + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").utf8)
            request += RawSocket.frame(1, ping)
            try socket.write(request)
            _ = try socket.http("")
            #expect(try socket.receiveText() == pong)
        }
    }

    @Test func aSilentPeerIsPingedAndThenDropped() async throws {
        var limits = TestServer.quick
        limits.pingInterval = .milliseconds(50)
        limits.silence = .milliseconds(300)
        try await TestServer.run(limits: limits) { server in
            let silent = try RawSocket.webSocket(port: server.v1)
            let half = try RawSocket.webSocket(port: server.v1)
            try half.write(Array(RawSocket.frame(1, ping).prefix(5)))
            let alive = try RawSocket.webSocket(port: server.v1)
            for _ in 0..<20 {
                #expect(try alive.receive(pings: true).opcode == 9)
                try alive.write(RawSocket.frame(10, []))
            }
            #expect(try silent.receive().code == 1008)
            #expect(try half.receive().code == 1008)
            #expect(try alive.ask(#"{"ping":1}"#) == pong)
        }
    }

    @Test func aStopTellsItsClients() async throws {
        let socket = try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            _ = try socket.ask(#"{"ping":1}"#)
            return UncheckedBox(socket)
        }
        #expect(try socket.value.receive().code == 1001)
    }

    @Test func aSlowReaderGetsTheNewestValueAndACountOfWhatItMissed() async throws {
        try await TestServer.run { server in
            let slow = try RawSocket.webSocket(port: server.v2, receiveBuffer: 8192)
            let fast = try RawSocket.webSocket(port: server.v2)
            _ = try slow.ask(#"{"sub":{"pattern":"**"}}"#)
            let rounds = 40
            let text = String(repeating: "x", count: 200)
            for round in 0..<rounds {
                let puts = (0..<500).map { #"{"put":{"key":"k","value":"\#(text)\#(round).\#($0)"}}"# }
                _ = try fast.ask("[" + puts.joined(separator: ",") + "]")
            }
            var seen = 0
            var skipped = 0
            while seen + skipped < rounds * 500 {
                let push = try JSON(parsing: try slow.receiveText())["pub"]
                seen += 1
                skipped += push?["skipped"]?.number.flatMap { Int(exactly: $0) } ?? 0
            }
            #expect(skipped > 0)
            #expect(seen + skipped == rounds * 500)
        }
    }

    @Test func repliesThatAreTooLargeTogetherEndTheConnection() async throws {
        var limits = TestServer.quick
        limits.unreadBytes = 64 << 10
        try await TestServer.run(limits: limits) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            #expect(try socket.ask(#"{"put":{"key":"a","value":1}}"#) == #"{"result":"ok"}"#)
            let query = #"{"fetch":{"key":"a","limit":1}}"#
            #expect(try socket.ask("[\(query),\(query)]").hasPrefix("[{"))
            try socket.send("[" + Array(repeating: query, count: 2000).joined(separator: ",") + "]")
            let end = try socket.receive()
            #expect(end.opcode == 8)
            #expect(end.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } == 1008)
        }
    }

    @Test func repliesThatNobodyReadsEndTheConnection() async throws {
        var limits = TestServer.quick
        limits.unreadBytes = 1 << 20
        try await TestServer.run(limits: limits) { server in
            let socket = try RawSocket.webSocket(port: server.v1, receiveBuffer: 8192)
            let text = #"{"ping":""# + String(repeating: "x", count: 200_000) + #""}"#
            var sent = 0
            do {
                while sent < 1000 {
                    try socket.send(text)
                    sent += 1
                }
            } catch {}
            #expect(sent < 1000)
            let other = try RawSocket.webSocket(port: server.v1)
            #expect(try other.ask(#"{"ping":1}"#) == pong)
        }
    }
}

/// Hands a socket of one test to its next line.
struct UncheckedBox<Value>: @unchecked Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }
}
