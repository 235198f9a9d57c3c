import Komoku
import KomokuDesk
import KomokuHub
import KomokuServer
import KomokuStore
import KomokuWire
import Synchronization
import Testing

/// How the hub is, over a real socket and over HTTP.
struct StatusCommandTests {
    private final class Broker: Sendable {
        let state = Mutex<BrokerState?>(BrokerState(address: "mqtt://10.0.0.1:1883", isConnected: true))
    }

    private static func run(_ body: @Sendable (TestServer, Broker) async throws -> Void) async throws {
        let broker = Broker()
        try await TestServer.run(broker: { broker.state.withLock { $0 } }) { server in try await body(server, broker) }
    }

    private static func http(_ path: String, _ server: TestServer) async throws -> String {
        try RawSocket(port: server.v2).http("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    @Test func theHubTellsItsVersionAndItsZone() async throws {
        try await Self.run { server, _ in
            let socket = try RawSocket.webSocket(port: server.v2)
            let hub = try socket.result(#"{"hub":{}}"#)
            #expect(hub["version"] == .string(Release.version))
            #expect(hub["zone"]?.string?.isEmpty == false && hub["zone_rule"]?.string != nil)
        }
    }

    @Test func whatNeedsAPersonIsToldUntilItIsOver() async throws {
        try await Self.run { server, broker in
            let socket = try RawSocket.webSocket(port: server.v2)
            #expect(try socket.result(#"{"status":{}}"#)["attention"] == [])
            let refusal = "the broker refused the login; check username and password"
            broker.state.withLock {
                $0?.isConnected = false; $0?.fault = refusal
            }
            let status = try socket.result(#"{"status":{}}"#)
            #expect(status["attention"] == [.string(refusal)])
            #expect(status["broker"]?["connected"] == false && status["broker"]?["reason"] == .string(refusal))
            broker.state.withLock { $0 = nil }
            #expect(try socket.result(#"{"status":{}}"#)["broker"] == .null)
        }
    }

    @Test func messagesThatCouldNotBeUsedAreListedAtOnceAndForgottenAtCommand() async throws {
        try await Self.run { server, _ in
            let socket = try RawSocket.webSocket(port: server.v2)
            let now = server.hub.clock.now
            let letter = DeadLetter(topic: "a/b", payload: Array("x".utf8), reason: "it is no number", time: now)
            await server.hub.record(letter)
            let attention = try socket.result(#"{"status":{}}"#)["attention"]?.array?.first?.string
            #expect(attention == "1 kind of message could not be used; 'komoku dead-letters' lists them")
            #expect(try socket.result(#"{"dead_letters":{}}"#).array?.first?["topic"] == "a/b")
            #expect(try socket.result(#"{"clear_dead_letters":{}}"#) == "ok")
            #expect(try socket.result(#"{"dead_letters":{}}"#) == [])
            #expect(try socket.result(#"{"status":{}}"#)["dead_letters"] == 0)
            await server.hub.record(letter)
            #expect(try socket.result(#"{"dead_letters":{}}"#).array?.count == 1)
        }
    }

    @Test func readinessKnowsTheBrokerAndHealthDoesNot() async throws {
        try await Self.run { server, broker in
            #expect(try await Self.http("/-/ready", server).hasPrefix("HTTP/1.1 200"))
            broker.state.withLock {
                $0?.isConnected = false; $0?.fault = "the broker is away"
            }
            let ready = try await Self.http("/-/ready", server)
            #expect(ready.hasPrefix("HTTP/1.1 503") && ready.hasSuffix("the broker is away\n"))
            let healthy = try await Self.http("/-/healthy", server)
            #expect(healthy.hasPrefix("HTTP/1.1 200") && healthy.hasSuffix("ok\n"))
        }
    }

    @Test func theFirstProtocolKnowsNothingOfIt() async throws {
        try await Self.run { server, _ in
            let socket = try RawSocket.webSocket(port: server.v1)
            for command in ["hub", "status", "clear_dead_letters"] {
                #expect(try socket.ask(#"{"\#(command)":{}}"#) == #"{"error":"invalid_query"}"#)
            }
        }
    }
}
