import Komoku
import Testing

@testable import KomokuServer

/// Forms of answers, repeated fields, and conditions on what is there.
@Suite struct HTTPNegotiationTests {
    @Test(
        arguments: [
            ("/api/keys", nil, 200), ("/api/keys", "*/*", 200), ("/api/keys", "application/*", 200),
            ("/api/keys", "APPLICATION/JSON", 200), ("/api/keys", "text/html, */*;q=0.1", 200),
            ("/api/keys", "text/html", 406), ("/api/keys", "application/json;q=0", 406),
            ("/api/keys", "*/*;q=0", 406), ("/api/keys", "application/json;Q=0, text/plain", 406),
            ("/api/keys", "*/*, application/json;q=0", 406), ("/api/keys", "text/*", 406), ("/api/keys", "", 200),
            ("/metrics", "text/plain", 200), ("/metrics", "application/json", 406),
            ("/openapi.json", "text/html", 406), ("/-/healthy", "text/plain;q=0.5", 200),
            ("/api/keys/a.b", "image/png", 406), ("/api/keys/a.b", "text/plain", 200),
            ("/api/changes", "application/json", 406), ("/api/v1/labels", "text/csv", 406),
        ] as [(String, String?, Int)])
    func aFormThatIsNotThereIsNotTold(target: String, accept: String?, status: Int) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            let reply = try socket.request("GET", target, headers: accept.map { ["Accept: \($0)"] } ?? [])
            #expect(reply.status == status, "\(reply)")
            if status == 406 { #expect(reply.headers["content-type"] == "application/problem+json") }
        }
    }

    @Test func nothingIsDoneThatCannotBeTold() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("PUT", "/api/keys/a.b", "1", headers: ["Accept: text/html"]).status == 406)
            #expect(try socket.request("GET", "/api/keys/a.b").status == 404)
        }
    }

    @Test(arguments: [
        ("/api/keys?limit=1&limit=2", 400), ("/api/keys?match=a&match=b", 400),
        ("/api/keys?include=value&include=time", 200),
        ("/api/keys?limit=1&%6Cimit=1", 400), ("/api/keys?token=a&token=b", 400),
        ("/api/v1/query?query=1&query=2", 400), ("/api/v1/series?match[]=a&match[]=b", 200),
        ("/api/v1/labels?limit=1&limit=2", 400), ("/api/export?match=a.*&match=b.*", 400),
    ])
    func aFieldIsGivenOnce(target: String, status: Int) async throws {
        try await TestServer.run { server in
            let reply = try RawSocket(port: server.v2).request("GET", target)
            #expect(reply.status == status, "\(reply)")
            let name = target.contains("token=") ? "token" : target.contains("query=") ? "query" : nil
            if status == 400 { #expect(reply.json["detail"]?.string?.contains(name ?? "'") == true) }
        }
    }

    @Test func aMemberIsGivenOnce() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("PUT", "/api/keys/a.b", #"{"value":1,"value":2}"#).status == 400)
            #expect(try socket.request("GET", "/api/keys/a.b").status == 404)
        }
    }

    @Test(arguments: ["PUT", "PATCH", "DELETE"])
    func whatHasChangedMeanwhileStaysAsItIs(method: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            let body = method == "PATCH" ? #"{"opts":{"unit":"W"}}"# : method == "PUT" ? "7" : nil
            func ask(_ header: String) throws -> HTTPReply {
                try socket.request(method, "/api/keys/a.b", body, headers: [header])
            }
            // Nothing is there.
            #expect(try ask("If-Match: *").status == 412)
            #expect(try ask("If-Match: \"x\"").status == 412)
            #expect(try socket.request("GET", "/api/keys/a.b").status == 404)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            let old = try socket.request("GET", "/api/keys/a.b").headers["etag"] ?? ""
            _ = try socket.request("PUT", "/api/keys/a.b", "2")
            let missed = try ask("If-Match: \(old)")
            #expect(missed.status == 412 && missed.code == "precondition_failed")
            #expect(try ask("If-None-Match: *").status == 412)
            #expect(try socket.request("GET", "/api/keys/a.b").json["value"] == 2)
            let tag = try socket.request("GET", "/api/keys/a.b", headers: ["Accept: text/plain"]).headers["etag"] ?? ""
            #expect(try ask("If-Match: \"other\", \(tag)").status == 200)
            if method != "DELETE" { #expect(try ask("If-Match: *").status == 200) }
        }
    }

    @Test(
        arguments: [
            ("POST", "/api/keys/a.b/rename", #"{"to":"a b"}"#), ("POST", "/api/keys/a.b/merge", #"{"into":"a/b"}"#),
            ("POST", "/api/import", #"{"keys":{"a b":{"type":"numeric"}}}"#),
            ("POST", "/api/import", #"{"points":[["a b",[[1,2]]]]}"#), ("GET", "/api/keys/a.b/uses?to=x%20y", nil),
            ("GET", "/api/runs?key=x%20y", nil), ("GET", "/api/changes?keys=x%20y,a.b", nil),
            ("GET", "/api/keys?after=x%20y", nil), ("PATCH", "/api/keys/a%20b", #"{"type":"numeric"}"#),
        ] as [(String, String, String?)])
    func aNameThatCannotBeOneIsTheRequestsFault(method: String, target: String, body: String?) async throws {
        try await TestServer.run(rules: FakeRules()) { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            let reply = try socket.request(method, target, body)
            #expect(reply.status == 400 && reply.code == "invalid_key", "\(reply)")
            #expect(reply.json["detail"]?.string?.isEmpty == false)
        }
    }

    @Test func aKeyThatIsNotThereIsMadeByWhoSaysSo() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("PUT", "/api/keys/kitchen.lamp", "true").json["created"] == true)
            #expect(try socket.request("PUT", "/api/keys/kitchen.lamp", "true").json["created"] == nil)
            let refused = try socket.request("PUT", "/api/keys/kitchen.lmap?create=false", "true")
            #expect(refused.status == 404 && refused.code == "invalid_key")
            #expect(refused.json["detail"]?.string?.contains("did you mean 'kitchen.lamp'?") == true)
            #expect(try socket.request("GET", "/api/keys/kitchen.lmap").status == 404)
            #expect(try socket.request("PUT", "/api/keys/kitchen.lamp?create=false", "false").status == 200)
            func call(_ arguments: String) throws -> HTTPReply {
                try socket.request(
                    "POST", "/mcp",
                    #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"put_value","arguments":\#(arguments)}}"#
                )
            }
            let told = try call(#"{"key":"kitchen.lampe","value":true}"#)
            #expect(told.body.contains("did you mean 'kitchen.lamp'?"), "\(told)")
            #expect(try socket.request("GET", "/api/keys/kitchen.lampe").status == 404)
            #expect(try call(#"{"key":"kitchen.lampe","value":true,"create":true}"#).json["result"]?["isError"] == nil)
            #expect(try socket.request("GET", "/api/keys/kitchen.lampe").json["value"] == true)
        }
    }
}
