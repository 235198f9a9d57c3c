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
}
