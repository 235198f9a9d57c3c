import Komoku
import KomokuHub
import Testing

@testable import KomokuServer

/// Values by HTTP.
@Suite struct HTTPKeysTests {
    private static func define(_ socket: RawSocket) throws {
        let reply = try socket.request(
            "PATCH", "/api/keys/kitchen.temperature", #"{"type":"numeric","opts":{"unit":"°C"}}"#)
        #expect(reply.status == 200, "\(reply.body)")
        #expect(try socket.request("PATCH", "/api/keys/kitchen.lamp", #"{"type":"boolean"}"#).status == 200)
    }

    @Test func aValueIsPutAndTold() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try Self.define(socket)
            #expect(
                try socket.request("PUT", "/api/keys/kitchen.temperature", #"{"value":20.5,"time":1700000000}"#).body
                    == #"{"result":"ok"}"# + "\n")
            let told = try socket.request("GET", "/api/keys/kitchen.temperature")
            #expect(told.status == 200)
            #expect(told.headers["content-type"] == "application/json")
            #expect(told.json["key"] == "kitchen.temperature")
            #expect(told.json["value"] == 20.5)
            #expect(told.json["time"] == 1_700_000_000)
            #expect(told.json["opts"]?["unit"] == "°C")
            // The bare value is a body, too, and is told as text to whoever wants that.
            #expect(try socket.request("PUT", "/api/keys/kitchen.lamp", "true").status == 200)
            let text = try socket.request("GET", "/api/keys/kitchen.lamp", headers: ["Accept: text/plain"])
            #expect(text.body == "true\n")
            #expect(try socket.request("HEAD", "/api/keys/kitchen.lamp").headers["content-length"] != "0")
            let mood = try socket.request("PUT", "/api/keys/house.mood", "cosy", headers: ["Content-Type: text/plain"])
            #expect(mood.status == 200)
            #expect(try socket.request("GET", "/api/keys/house.mood").json["value"] == "cosy")
            // An option changes, the type stays.
            #expect(try socket.request("PATCH", "/api/keys/kitchen.temperature", #"{"unit":"K"}"#).status == 200)
            #expect(try socket.request("GET", "/api/keys/kitchen.temperature").json["opts"]?["unit"] == "K")
        }
    }

    @Test func aClientThatHasTheValueIsToldSo() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try Self.define(socket)
            _ = try socket.request("PUT", "/api/keys/kitchen.temperature", "1")
            let tag = try socket.request("GET", "/api/keys/kitchen.temperature").headers["etag"] ?? ""
            let same = try socket.request(
                "GET", "/api/keys/kitchen.temperature", headers: ["If-None-Match: \"x\", \(tag)"])
            #expect(same.status == 304 && same.body.isEmpty && same.headers["etag"] == tag)
            _ = try socket.request("PUT", "/api/keys/kitchen.temperature", "2")
            let other = try socket.request("GET", "/api/keys/kitchen.temperature", headers: ["If-None-Match: \(tag)"])
            #expect(other.status == 200 && other.json["value"] == 2)
        }
    }

    @Test(
        arguments: [
            ("GET", "/api/keys/none.here", nil, 404, "invalid_key"),
            ("GET", "/api/keys/none.here/history", nil, 404, "invalid_key"),
            ("GET", "/api/keys/none.here/statistics", nil, 404, "invalid_key"),
            ("DELETE", "/api/keys/none.here", nil, 404, "invalid_key"),
            ("GET", "/api/keys/a%2Fb", nil, 400, "invalid_key"), ("GET", "/api/keys/a..b", nil, 400, "invalid_key"),
            ("GET", "/api/keys/%FF", nil, 400, "invalid_query"), ("GET", "/api/keys/%4", nil, 400, "invalid_query"),
            ("GET", "/api/../etc/passwd", nil, 404, "not_found"), ("GET", "/api//keys", nil, 400, "invalid_query"),
            ("GET", "/api/keys?limit=0", nil, 400, "invalid_query"),
            ("GET", "/api/keys?what=1", nil, 400, "invalid_query"),
            ("GET", "/api/keys?match=a**b", nil, 400, "invalid_key"), ("POST", "/api/keys", "{}", 405, "invalid_query"),
            ("PUT", "/api/keys/kitchen.lamp", "{", 400, "invalid_json"),
            ("PUT", "/api/keys/kitchen.lamp", nil, 400, "invalid_query"),
            ("PUT", "/api/keys/kitchen.lamp", #"{"value":"maybe"}"#, 422, "invalid_value"),
            ("PATCH", "/api/keys/new.one", #"{"type":"odd"}"#, 422, "invalid_type"),
            ("GET", "/api/keys/kitchen.lamp/history?since=yesterday", nil, 400, "invalid_query"),
            ("GET", "/api/keys/kitchen.lamp/history?since=20&until=10", nil, 400, "invalid_query"),
            ("GET", "/api/rules", nil, 403, "not_allowed"), ("POST", "/-/reload", nil, 403, "not_allowed"),
            ("GET", "/nothing", nil, 404, "not_found"),
        ] as [(String, String, String?, Int, String)])
    func whatCannotBeDoneIsAProblem(
        method: String, target: String, body: String?, status: Int, code: String
    ) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try Self.define(socket)
            let reply = try socket.request(method, target, body)
            #expect(reply.status == status && reply.code == code, "\(reply.body)")
            #expect(reply.headers["content-type"] == "application/problem+json")
            #expect(reply.json["status"]?.number == Double(status))
            // The connection serves on.
            #expect(try socket.request("GET", "/-/healthy").body == "ok\n")
        }
    }

    @Test func aListGoesOnWhereAPageEnds() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            for index in 0..<6 {
                _ = try socket.request("PATCH", "/api/keys/room\(index).lamp", #"{"type":"boolean"}"#)
            }
            var names: [String] = []
            var target: String? = "/api/keys?match=*.lamp&limit=3"
            while let page = target {
                let reply = try socket.request("GET", page)
                names += reply.json.object?.map(\.name) ?? []
                target = reply.headers["link"].flatMap {
                    $0.split(separator: ">").first.map { "/api/keys" + $0.dropFirst() }
                }
                #expect(target != nil || names.count == 6)
                if names.count > 6 { break }
            }
            #expect(names == (0..<6).map { "room\($0).lamp" })
        }
    }

    @Test func everyMethodOfAKeyHasItsCommand() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try Self.define(socket)
            _ = try socket.request("PUT", "/api/keys/kitchen.temperature", "20")
            #expect(try socket.request("POST", "/api/keys/kitchen.temperature/increment", #"{"step":2}"#).status == 200)
            #expect(try socket.request("GET", "/api/keys/kitchen.temperature").json["value"] == 22)
            #expect(
                try socket.request("POST", "/api/keys/kitchen.temperature/rename", #"{"to":"hall.temperature"}"#).status
                    == 200)
            #expect(try socket.request("GET", "/api/renames").body.contains("kitchen.temperature"))
            #expect(try socket.request("DELETE", "/api/keys/hall.temperature").status == 200)
            #expect(try socket.request("GET", "/api/keys/hall.temperature").status == 404)
        }
    }
}
