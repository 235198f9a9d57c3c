import Komoku
import KomokuWire
@testable import KomokuServer
import Testing

/// Who gets a place where there are too many, over real sockets.
struct ConnectionRegistryTests {
    private let ping = #"{"ping":1}"#
    private let pong = #"{"pong":1}"#

    private static func limits(_ change: (inout Server.Limits) -> Void) -> Server.Limits {
        var limits = TestServer.quick
        change(&limits)
        return limits
    }

    @Test func newClientsGetInWhateverIsHalfOpen() async throws {
        let limits = Self.limits { $0.halfOpen = 8 }
        try await TestServer.run(limits: limits) { server in
            let session = try RawSocket.webSocket(port: server.v1)
            let halfOpen = try (0..<60).map { _ in try RawSocket(port: server.v1) }
            for socket in halfOpen { try? socket.write(Array("GET / HTTP/1.1\r\n".utf8)) }
            // Then all have been let in, in whatever order the loops came to them.
            let kept = try RawSocket.waitUntilEnded(halfOpen, allBut: 8)
            #expect(try RawSocket.webSocket(port: server.v1).ask(ping) == pong)
            // The oldest went for it; the others are still asked for their request.
            let rest = "Host: localhost\r\n\r\n"
            let answered = kept.count { (try? $0.http(rest).hasPrefix("HTTP/1.1 200")) == true }
            #expect(answered == 7)
            #expect(try session.ask(ping) == pong)
        }
    }

    @Test func oneAddressHasNotAllPlaces() async throws {
        let limits = Self.limits { ($0.connections, $0.connectionsOfAddress) = (6, 3) }
        try await TestServer.run(limits: limits) { server in
            let first = try (0..<3).map { _ in try RawSocket.webSocket(port: server.v1, from: 2) }
            #expect(throws: RawSocket.Broken.self) { _ = try RawSocket.webSocket(port: server.v1, from: 2) }
            let others = try (0..<3).map { _ in try RawSocket.webSocket(port: server.v1, from: 3) }
            for socket in first + others { #expect(try socket.ask(ping) == pong) }
            #expect(throws: RawSocket.Broken.self) { _ = try RawSocket.webSocket(port: server.v1, from: 4) }
        }
    }

    @Test func aPlaceIsFreeAgainOnceItsConnectionHasEnded() async throws {
        let limits = Self.limits { $0.connections = 2 }
        try await TestServer.run(limits: limits) { server in
            for _ in 0..<20 {
                let socket = try RawSocket.webSocket(port: server.v1)
                try socket.write(RawSocket.frame(8, [3, 232]))
                #expect(try socket.receive().code == 1000)
                #expect(socket.isEnded())
            }
        }
    }

    @Test func thisMachineGetsInBeyondTheLimit() async throws {
        let limits = Self.limits {
            ($0.connections, $0.connectionsOfAddress, $0.guestTime) = (64, 64, .seconds(60))
        }
        try await TestServer.run(limits: limits) { server in
            let all = try (0..<64).map { _ in try RawSocket.webSocket(port: server.v1) }
            let guest = try RawSocket.webSocket(port: server.v1)
            #expect(try guest.ask(ping) == pong)
            #expect(throws: RawSocket.Broken.self) { _ = try RawSocket.webSocket(port: server.v1) }
            #expect(try all[63].ask(ping) == pong)
        }
    }

    @Test func aGuestThatHadItsTimeMakesRoom() async throws {
        let limits = Self.limits { ($0.connections, $0.connectionsOfAddress, $0.guestTime) = (64, 64, .zero) }
        try await TestServer.run(limits: limits) { server in
            let all = try (0..<64).map { _ in try RawSocket.webSocket(port: server.v1) }
            var guest = try RawSocket.webSocket(port: server.v1)
            for _ in 0..<5 {
                let next = try RawSocket.webSocket(port: server.v1)
                #expect(try guest.receive().code == 1013)
                #expect(try next.ask(ping) == pong)
                guest = next
            }
            #expect(try all[0].ask(ping) == pong)
        }
    }

    @Test(arguments: [(1024, 880), (8192, 4096), (4096, 3952), (300, 168), (64, 31), (8, 4)])
    func fewDescriptorsLeaveFewerPlaces(descriptors: Int, all: Int) {
        let capacity = ConnectionRegistry.Capacity(Server.Limits(), descriptors: descriptors)
        #expect(capacity.all == all)
        #expect(capacity.all + capacity.guests < descriptors)
        #expect(capacity.halfOpen <= all && capacity.ofAddress <= all)
    }
}
