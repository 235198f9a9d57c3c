import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuServer

/// Rooms by HTTP, over a restart, and as the label of series.
@Suite(.timeLimit(.minutes(1))) struct HTTPRoomsTests {
    private static func rooms(_ socket: RawSocket) throws -> [JSON] {
        try socket.request("GET", "/api/rooms").json["rooms"]?.array ?? []
    }

    @Test func roomsAreChangedAndAreSoAfterARestart() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let location = Store.Location.file(folder.path("a.db"))
        try await TestServer.run(location: location) { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PUT", "/api/keys/kitchen.temperature", "20")
            #expect(try Self.rooms(socket).map { $0["room"] } == ["kitchen"])
            let made = try socket.request(
                "PUT", "/api/rooms/den", #"{"name":"Den","order":-1,"keys":["kitchen.temperature"]}"#)
            #expect(made.status == 200, "\(made.body)")
            #expect(try socket.request("PUT", "/api/rooms/Den", "{}").status == 400)
            #expect(try socket.request("DELETE", "/api/rooms/attic").status == 404)
            let series = try socket.request("GET", "/api/v1/series?match[]=komoku_value").body
            #expect(series.contains(#""room":"den""#), "\(series)")
        }
        try await TestServer.run(location: location) { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try Self.rooms(socket).map { $0["room"] } == ["den", "kitchen"])
            #expect(try socket.request("DELETE", "/api/rooms/den").status == 200)
            #expect(try Self.rooms(socket).map { $0["room"] } == ["kitchen"])
            #expect(try socket.request("DELETE", "/api/rooms").status == 200)
            #expect(try Self.rooms(socket).map { $0["source"] } == ["guessed"])
        }
    }

    @Test func whoFollowsIsToldThatRoomsAreOthers() async throws {
        try await TestServer.run { server in
            let (one, other) = (
                try RawSocket.webSocket(port: server.v2), try RawSocket.webSocket(port: server.v2)
            )
            _ = try one.ask(#"{"follow":{"what":["rooms"]}}"#)
            #expect(try other.ask(#"{"set_room":{"room":"den","name":"Den"}}"#) == #"{"result":"ok"}"#)
            #expect(try one.receiveText() == #"{"rooms":{}}"#)
        }
    }
}
