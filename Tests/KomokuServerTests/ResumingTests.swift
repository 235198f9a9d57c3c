import Komoku
import KomokuWire
import Testing

@testable import KomokuServer

/// `sub` with `seq` and `after`, as a client sees it.
struct ResumingTests {
    @Test func aClientGoesOnWhereItsConnectionBroke() async throws {
        try await TestServer.run { server in
            let writer = try RawSocket.webSocket(port: server.v2)
            let first = try RawSocket.webSocket(port: server.v2)
            #expect(try first.result(#"{"sub":{"pattern":"a.*","seq":true}}"#)["seq"]?.string != nil)
            _ = try writer.ask(#"{"put":{"key":"a.x","value":1}}"#)
            let pub = try JSON(parsing: try first.receiveText())["pub"]
            let mark = try #require(pub?["seq"]?.string)
            #expect(pub?["missed"] == nil)
            for value in 2...4 { _ = try writer.ask(#"{"put":{"key":"a.y","value":\#(value)}}"#) }
            let second = try RawSocket.webSocket(port: server.v2)
            let answer = try second.result(#"{"sub":{"pattern":"a.*","after":"\#(mark)"}}"#)
            #expect(answer["seq"]?.string == mark && answer["gap"] == nil)
            let missed = try JSON(parsing: try second.receiveText())["pub"]
            #expect(missed?["key"] == "a.y" && missed?["value"] == 4)
            #expect(missed?["missed"] == true && missed?["stale"] == false)
            #expect(missed?["seq"]?.string != mark)
        }
    }

    @Test func aMarkOfAnotherHubIsAGap() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            _ = try socket.ask(#"{"put":{"key":"a","value":1}}"#)
            let answer = try socket.result(#"{"sub":{"key":"a","after":"00000000-7"}}"#)
            #expect(answer["gap"] == true && answer["seq"]?.string != nil)
            let all = try socket.result(#"{"sub":{"key":"a","after":"00000000-7","init":true}}"#)
            #expect(all["gap"] == true && all["seq"] == .null)
            #expect(try JSON(parsing: try socket.receiveText())["pub"]?["missed"] == true)
        }
    }

    @Test func withoutTheWishNothingIsDifferent() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            #expect(try socket.ask(#"{"sub":{"key":"a"}}"#) == #"{"result":"ok"}"#)
            _ = try socket.ask(#"{"put":{"key":"a","value":1}}"#)
            let pub = try JSON(parsing: try socket.receiveText())["pub"]
            #expect(pub?["value"] == 1 && pub?["seq"] == nil)
            #expect(try socket.ask(#"{"sub":{"key":"a","after":5}}"#).contains("invalid_query"))
            let old = try RawSocket.webSocket(port: server.v1)
            #expect(try old.ask(#"{"sub":{"key":"a","seq":true,"after":"x"}}"#) == #""ack""#)
        }
    }

    /// The lines up to the end of so many events that have data. The lengths of chunks are among them.
    private func lines(_ socket: RawSocket, events count: Int = 1) throws -> [String] {
        var lines: [String] = []
        for _ in 0..<100 where lines.count(where: { $0.hasPrefix("data: ") }) < count {
            lines += try socket.line().split(separator: "\n").map(String.init)
        }
        return lines
    }

    private func events(_ server: TestServer, _ query: String, after id: String? = nil) throws -> RawSocket {
        let socket = try RawSocket(port: server.v2)
        let last = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        try socket.write(Array("GET /api/changes?\(query) HTTP/1.1\r\nHost: localhost\r\n\(last)\r\n".utf8))
        while try !socket.line().isEmpty {}
        return socket
    }

    @Test func eventsGoOnBehindTheLastOfThem() async throws {
        try await TestServer.run { server in
            let writer = try RawSocket.webSocket(port: server.v2)
            for key in ["a.x", "b.x", "c"] { _ = try writer.ask(#"{"put":{"key":"\#(key)","value":1}}"#) }
            let first = try events(server, "keys=a.*,b.*&init=true")
            let told = try lines(first, events: 2)
            let id = try #require(told.last { $0.hasPrefix("id: ") }?.dropFirst(4))
            for value in [2, 3] { _ = try writer.ask(#"{"put":{"key":"a.x","value":\#(value)}}"#) }
            _ = try writer.ask(#"{"put":{"key":"c","value":2}}"#)
            let second = try events(server, "keys=a.*,b.*&init=true", after: String(id))
            let missed = try lines(second).filter { $0.hasPrefix("data: ") }
            #expect(missed.count == 1, "\(missed)")
            #expect(missed.first?.contains(#""key":"a.x","value":3"#) == true, "\(missed)")
            #expect(missed.first?.contains(#""missed":true"#) == true, "\(missed)")
            _ = try writer.ask(#"{"put":{"key":"b.x","value":2}}"#)
            #expect(try lines(second).contains { $0.contains(#""key":"b.x""#) })
            let stranger = try events(server, "keys=a.*", after: "00000000-1")
            #expect(try lines(stranger).contains("event: gap"))
        }
    }
}
