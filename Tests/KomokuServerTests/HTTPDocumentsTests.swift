import Komoku
import Testing

@testable import KomokuServer

/// What clients keep at the hub, by HTTP, and what other connections hear of it.
@Suite(.timeLimit(.minutes(1))) struct HTTPDocumentsTests {
    @Test func aDocumentIsKeptAndItsRevisionIsItsTag() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("GET", "/api/documents/views").status == 404)
            let made = try socket.request("PUT", "/api/documents/views", #"{"content":[1],"b":"ü"}"#)
            #expect(made.status == 200 && made.json["revision"] == 1 && made.headers["etag"] == #""1""#)
            let told = try socket.request("GET", "/api/documents/views")
            #expect(told.json["content"] == ["content": [1], "b": "ü"] && told.headers["etag"] == #""1""#)
            let same = try socket.request("GET", "/api/documents/views", headers: [#"If-None-Match: "1""#])
            #expect(same.status == 304)
            let late = try socket.request("PUT", "/api/documents/views", "2", headers: [#"If-Match: "7""#])
            #expect(late.status == 412 && late.code == "conflict")
            #expect(try socket.request("PUT", "/api/documents/views?revision=7", "2").status == 409)
            #expect(try socket.request("PUT", "/api/documents/views", "2", headers: [#"If-Match: "1""#]).status == 200)
            #expect(try socket.request("PUT", "/api/documents/views", "2", headers: ["If-Match: 2"]).status == 400)
            #expect(try socket.request("PUT", "/api/documents/views?shared=true", "3").status == 200)
            let list = try socket.request("GET", "/api/documents").json["documents"]?.array ?? []
            #expect(list.map { $0["shared"] } == [false, true])
            #expect(try socket.request("PUT", "/api/documents/views", "{").code == "invalid_json")
            #expect(try socket.request("PUT", "/api/documents/views", "null").status == 400)
            #expect(try socket.request("PUT", "/api/documents/Views", "1").status == 400)
            #expect(try socket.request("DELETE", "/api/documents/views", headers: [#"If-Match: "1""#]).status == 412)
            #expect(try socket.request("DELETE", "/api/documents/views").status == 200)
            #expect(try socket.request("GET", "/api/documents/views").status == 404)
            #expect(try socket.request("GET", "/api/documents/views?shared").json["content"] == 3)
        }
    }

    @Test func anotherConnectionThatFollowsIsToldOfEachWrite() async throws {
        try await TestServer.run { server in
            let (one, other) = (
                try RawSocket.webSocket(port: server.v2), try RawSocket.webSocket(port: server.v2)
            )
            #expect(try one.ask(#"{"follow":{"what":["documents"]}}"#) == #"{"result":"ok"}"#)
            _ = try other.ask(#"{"put_document":{"name":"a","content":1}}"#)
            #expect(try one.receiveText() == #"{"document":{"name":"a","shared":false,"revision":1}}"#)
            _ = try other.ask(#"{"put_document":{"name":"a","shared":true,"content":1}}"#)
            #expect(try one.receiveText() == #"{"document":{"name":"a","shared":true,"revision":2}}"#)
            _ = try other.ask(#"{"put_document":{"name":"a","content":null}}"#)
            #expect(try one.receiveText() == #"{"document":{"name":"a","shared":false,"revision":null}}"#)
            _ = try one.ask(#"{"unfollow":{}}"#)
            _ = try other.ask(#"{"put_document":{"name":"a","content":1}}"#)
            #expect(try one.ask(#"{"ping":1}"#).contains("pong"))
        }
    }
}
