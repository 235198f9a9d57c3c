import Komoku
import KomokuHub
import KomokuWire
import KomokuDesk
@testable import KomokuServer
import Logging
import Testing

struct HTTPTests {
    private static let handshake =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

    @Test(arguments: [
        ("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200", "\r\n\r\nok\n"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 200", "This is Komoku"),
        ("GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", "HTTP/1.1 404", "nothing"),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 405", "only GET, HEAD"),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\(handshake)Sec-WebSocket-Version: 8\r\n\r\n", "HTTP/1.1 426", "13"),
        (
            "GET /v4 HTTP/1.1\r\nHost: localhost\r\n\(handshake)Sec-WebSocket-Version: 13\r\n\r\n", "HTTP/1.1 404",
            "nothing"
        ),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n\(handshake)Sec-WebSocket-Version: 13\r\nOrigin: https://evil.example\r\n\r\n",
            "HTTP/1.1 403", "other sites"
        ),
    ])
    func plainRequestsAreAnswered(request: String, status: String, content: String) async throws {
        try await TestServer.run { server in
            let answer = try RawSocket(port: server.v1).http(request)
            #expect(answer.hasPrefix(status), "\(answer)")
            #expect(answer.contains(content), "\(answer)")
        }
    }

    @Test(arguments: [
        "X: " + String(repeating: "y", count: 20_000),
        (0..<100).map { "X\($0): y" }.joined(separator: "\r\n"),
    ])
    func headersHaveALimit(headers: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v1)
            let answer = try socket.http("GET / HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 4"), "\(answer)")
        }
    }

    @Test func noExtensionIsEverAgreedOn() async throws {
        try await TestServer.run { server in
            let answer = try RawSocket(port: server.v1).http(
                "GET / HTTP/1.1\r\nHost: localhost\r\n\(Self.handshake)Sec-WebSocket-Version: 13\r\n"
                    + "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: komoku\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 101"))
            #expect(!answer.lowercased().contains("sec-websocket-extensions"))
            #expect(!answer.lowercased().contains("sec-websocket-protocol"))
        }
    }

    @Test func severalRequestsShareAConnection() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            for _ in 0..<3 {
                #expect(try socket.http("GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n").hasSuffix("ok\n"))
            }
        }
    }

    @Test func connectionsBeyondTheLimitAreClosed() async throws {
        var limits = TestServer.quick
        limits.connections = 2
        try await TestServer.run(limits: limits) { server in
            let kept = try (0..<2).map { _ in try RawSocket.webSocket(port: server.v1) }
            #expect(throws: RawSocket.Broken.self) { _ = try RawSocket.webSocket(port: server.v1) }
            #expect(try kept[1].ask(#"{"ping":1}"#) == #"{"pong":1}"#)
        }
    }

    @Test(
        arguments: [
            (nil, true), ("http://localhost:3000", true), ("http://127.0.0.1", true), ("http://[::1]:80", true),
            ("http://app.localhost", true), ("https://evil.example", false), ("null", false),
            ("http://127.0.0.1.evil.example", false), ("http://localhost.evil.example", false),
        ] as [(String?, Bool)])
    func onlyPagesOfThisMachineMayConnect(origin: String?, isTrusted: Bool) {
        #expect(UpgradePolicy.isTrusted(origin: origin) == isTrusted)
    }

    @Test func aPortInUseIsSaidWithItsRemedy() async throws {
        try await TestServer.run { server in
            let taken = Server.Endpoint(port: server.v1, version: .v1)
            let second = Server(Server.Configuration(endpoints: [taken]), logger: .init(label: "test"))
            let error = await #expect(throws: Server.Error.self) { try await second.start(Desk(server.hub)) }
            #expect(error?.message == "the port is in use")
            #expect(error?.remedy.contains("another komokud") == true)
            await second.stop()
        }
    }

    @Test func aReloadOpensAndClosesPortsAndKeepsConnections() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            let bound = try await server.server.reload(
                Server.Configuration(endpoints: [Server.Endpoint(port: 0, version: .v1)]))
            #expect(bound.map(\.port) == [server.v1])
            #expect(try socket.ask(#"{"ping":1}"#) == #"{"pong":1}"#)
            #expect(throws: RawSocket.Broken.self) { _ = try RawSocket(port: server.v2) }
        }
    }

    @Test func aReloadCanChangeWhatAPortSpeaks() async throws {
        try await TestServer.run { server in
            let first = Server.Endpoint(port: server.v1, version: .v1)
            // A port that the system chose is known to the server as 0, so one that is free is asked for by number.
            await server.server.stop()
            let second = Server(Server.Configuration(endpoints: [first]), logger: Logger(label: "test"))
            try await second.start(Desk(server.hub))
            let changed = Server.Endpoint(port: server.v1, version: .v2)
            #expect(try await second.reload(Server.Configuration(endpoints: [changed])) == [changed])
            let socket = try RawSocket.webSocket(port: server.v1)
            #expect(try socket.ask(#"{"ping":1}"#) == #"{"result":{"pong":1}}"#)
            await second.stop()
        }
    }
}
