import Komoku
import KomokuDesk
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuServer

/// What somebody tried who meant no good.
@Suite struct HTTPAttackTests {
    /// The hub would fill its memory with answers, and serve nobody else meanwhile.
    @Test func whoAsksAndDoesNotReadIsNotAnsweredOn() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2, receiveBuffer: 4096)
            let requests = String(repeating: "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 400)
            try socket.write(Array(requests.utf8))
            // Others are served at once, on the same loops.
            for _ in 0..<8 {
                #expect(try RawSocket(port: server.v2).request("GET", "/-/healthy").body == "ok\n")
            }
            // And who reads at last gets all of it, in order.
            for _ in 0..<400 {
                let length = try socket.lengthOfNextAnswer()
                #expect(try socket.bytes(length).count > 1000)
            }
        }
    }

    @Test func bodiesOfAllTogetherAreBounded() async throws {
        var limits = TestServer.quick
        limits.bodyBytes = 300_000
        try await TestServer.run(limits: limits) { server in
            let head = "POST /api/import HTTP/1.1\r\nHost: localhost\r\nContent-Length: 250000\r\n\r\n"
            let first = try RawSocket(port: server.v2)
            try first.write(Array(head.utf8) + Array(repeating: UInt8(ascii: " "), count: 200_000))
            // It has come when somebody else is refused.
            var refused: HTTPReply?
            for _ in 0..<50 where refused?.status != 503 {
                refused = try RawSocket(port: server.v2).request(
                    "POST", "/api/import", String(repeating: " ", count: 250_000))
            }
            #expect(refused?.status == 503 && refused?.code == "busy")
            // Small ones may still come, and the first is heard to its end.
            #expect(try RawSocket(port: server.v2).request("PUT", "/api/keys/a.b", "1").status == 200)
            try first.write(Array(repeating: UInt8(ascii: " "), count: 49_998) + Array("{}".utf8))
            let length = try first.lengthOfNextAnswer()
            #expect(String(decoding: try first.bytes(length), as: UTF8.self).contains("points"))
        }
    }

    @Test(arguments: ["/api/export", "/api/changes", "/openapi.json", "/api/keys/a.b"])
    func aHeadHasNoBody(target: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            _ = try socket.request("PUT", "/api/keys/a.b", "1")
            let reply = try socket.request("HEAD", target, headers: ["Accept-Encoding: gzip"])
            #expect(reply.status == 200 && reply.headers["content-encoding"] == nil)
            if reply.headers["connection"] != "close" {
                #expect(try socket.request("GET", "/-/healthy").body == "ok\n")
            }
        }
    }

    @Test func aLookAtAWebhookRingsNoBell() async throws {
        let rules = FakeRules()
        try await TestServer.run(rules: rules, hooks: ["bell": "0123456789abcdef"]) { server in
            let socket = try RawSocket(port: server.v2)
            #expect(try socket.request("HEAD", "/api/hooks/bell/0123456789abcdef").status == 404)
            // A token of the address is nobody's variable.
            #expect(try socket.request("GET", "/api/hooks/bell/0123456789abcdef?token=geheim").status == 401)
            #expect(try socket.request("GET", "/api/hooks/bell/0123456789abcdef?a=1").status == 200)
        }
        #expect(rules.calls.elements == ["bell  a=1"])
    }

    @Test(arguments: [("cross-site", "no-cors", 403), ("cross-site", "navigate", 200), ("same-origin", "cors", 200)])
    func aPictureOfAForeignPageSetsNothingOff(site: String, mode: String, status: Int) async throws {
        try await TestServer.run { server in
            let reply = try RawSocket(port: server.v2).request(
                "GET", "/api/stats", headers: ["Sec-Fetch-Site: \(site)", "Sec-Fetch-Mode: \(mode)"])
            #expect(reply.status == status)
        }
    }

    @Test func aKeyThatIsHiddenIsNotFollowed() throws {
        let rights = Rights(
            reading: [try KeyPattern(validating: "hall.**")], writing: [try KeyPattern(validating: "hall.**")])
        for text in [#"{"from":"secret.power","unit":"Wh"}"#, #"{"from":"hall.power"}"#] {
            let body = try JSON(parsing: #"{"hall.energy":{"type":"counter","integrate":\#(text)}}"#)
            let command = try Command(.define, body, version: .v2)
            let isAllowed = text.contains("hall")
            #expect((try? rights.check(command)) != nil || !isAllowed)
            if !isAllowed { #expect(throws: Refusal.self) { try rights.check(command) } }
        }
    }
}

extension RawSocket {
    /// Reads a head.
    func lengthOfNextAnswer() throws -> Int {
        var length = 0
        while case let line = try line(), !line.isEmpty {
            if line.lowercased().hasPrefix("content-length: ") { length = Int(line.dropFirst(16)) ?? 0 }
        }
        return length
    }
}
