import Komoku
import KomokuDesk
import KomokuTesting
import Testing

@testable import KomokuServer

/// What is refused is refused at once, and before a body is taken.
@Suite struct HTTPRefusalTests {
    private static func head(_ lines: String...) -> [UInt8] {
        Array((lines + ["Host: localhost", "", ""]).joined(separator: "\r\n").utf8)
    }

    /// Reads an answer and whether the connection ends with it.
    private static func answer(_ socket: RawSocket) throws -> (reply: HTTPReply, isEnded: Bool) {
        let reply = HTTPReply(try socket.http(""))
        return (reply, socket.isEnded())
    }

    @Test(arguments: [
        ("PUT /api/keys/a.b HTTP/1.1", "Content-Length: 1048577"),
        ("POST /api/import HTTP/1.1", "Content-Length: 99999999999"),
        ("POST /api/session HTTP/1.1", "Content-Length: 20000"),
    ])
    func aBodyThatIsTooLargeIsRefusedBeforeItComes(line: String, length: String) async throws {
        try await TestServer.run { server in
            for expectation in [[], ["Expect: 100-continue"]] {
                let socket = try RawSocket(port: server.v2)
                try socket.write(
                    Array(([line, length] + expectation + ["Host: localhost", "", ""]).joined(separator: "\r\n").utf8))
                let (reply, isEnded) = try Self.answer(socket)
                #expect(reply.status == 413 && reply.code == "too_large" && isEnded)
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(reply.headers["connection"] == "close")
            }
        }
    }

    @Test func aChunkedBodyIsRefusedWhenItGrowsTooLarge() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try socket.write(Self.head("PUT /api/keys/a.b HTTP/1.1", "Transfer-Encoding: chunked"))
            let chunk = Array("10000\r\n".utf8) + Array(repeating: UInt8(ascii: " "), count: 65536) + Array("\r\n".utf8)
            for _ in 0..<17 { try socket.write(chunk) }
            // It never ends.
            let (reply, isEnded) = try Self.answer(socket)
            #expect(reply.status == 413 && isEnded)
        }
    }

    @Test func aBodyIsAskedForWhereItIsWanted() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try socket.write(Self.head("PUT /api/keys/a.b HTTP/1.1", "Content-Length: 2", "Expect: 100-continue"))
            #expect(try socket.line() == "HTTP/1.1 100 Continue")
            #expect(try socket.line().isEmpty)
            #expect(try socket.http("12").hasPrefix("HTTP/1.1 200"))
            #expect(try socket.request("GET", "/api/keys/a.b").json["value"] == 12)
        }
    }

    @Test(arguments: [
        ("Authorization: Bearer nobody", 401), ("X-Nothing: 1", 401), ("Authorization: Digest x", 401),
        ("Authorization: Basic YTpiYmJiYmJiYg==", 401), ("Authorization: Bearer READER", 403),
    ])
    func whoMayNotAskSendsNoBody(header: String, status: Int) async throws {
        try await AccessServerTests.run { place in
            let secret = try place.access.addToken("panel", Rights(writing: []))
            let header = header.replacing("READER", with: secret)
            for expectation in ["X-Other: 1", "Expect: 100-continue"] {
                let socket = try RawSocket(port: place.port)
                try socket.write(
                    Self.head("POST /api/import HTTP/1.1", "Content-Length: 16000000", header, expectation))
                let (reply, isEnded) = try Self.answer(socket)
                #expect(reply.status == status && isEnded, "\(reply)")
                #expect(reply.headers["content-type"] == "application/problem+json")
            }
            // Whose short request was whole is answered, and may go on.
            let socket = try RawSocket(port: place.port)
            for _ in 0..<2 {
                #expect(try socket.request("PUT", "/api/keys/a.b", "1", headers: [header]).status == status)
            }
        }
    }

    @Test func aWebhookWithoutItsSecretTakesNoBody() async throws {
        try await TestServer.run(rules: FakeRules(), hooks: ["bell": "0123456789abcdef"]) { server in
            for path in ["/api/hooks/bell/wrong", "/api/hooks/none/0123456789abcdef"] {
                let socket = try RawSocket(port: server.v2)
                try socket.write(Self.head("POST \(path) HTTP/1.1", "Content-Length: 60000"))
                let (reply, isEnded) = try Self.answer(socket)
                #expect(reply.status == 403 && isEnded, "\(reply)")
            }
        }
    }

    @Test(arguments: [
        ("\u{16}\u{3}\u{1}garbage\r\n\r\n", 400), ("GET\r\n\r\n", 400), ("GET / HTTP/9.7\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nBad Header\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "y", count: 9000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: localhost\r\n\((0..<100).map { "X\($0): y\r\n" }.joined())\r\n", 431),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\n\((0..<9).map { "X\($0): \(String(repeating: "y", count: 2000))\r\n" }.joined())\r\n",
            431
        ),
        ("GET /\(String(repeating: "y", count: 9000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        ("GET /\(String(repeating: "y", count: 200_000))", 414),
        ("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    ])
    func whatIsNoRequestIsAnsweredAndTheConnectionEnds(request: String, status: Int) async throws {
        try await TestServer.run { server in
            for isSlow in [false, true] {
                let socket = try RawSocket(port: server.v2)
                #expect(try socket.request("GET", "/-/healthy").status == 200)
                let bytes = Array(request.utf8)
                if isSlow {
                    for start in stride(from: 0, to: bytes.count, by: 4999) {
                        try? socket.write(Array(bytes[start..<min(start + 4999, bytes.count)]))
                    }
                } else {
                    try socket.write(bytes)
                }
                let (reply, isEnded) = try Self.answer(socket)
                let isMet = reply.status == status || (status == 400 && reply.status == 405)
                #expect(isMet && isEnded, "\(reply)")
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(reply.json["status"]?.number == Double(reply.status))
            }
        }
    }

    @Test(arguments: [
        "gzip, chunked", "identity", "chunked, chunked", "gzip", "xchunked", "chunked\r\nTransfer-Encoding: chunked",
    ])
    func aBodyOfAnotherCodingIsRefused(coding: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try socket.write(
                Self.head("PUT /api/keys/a.b HTTP/1.1", "Transfer-Encoding: \(coding)")
                    + Array("1\r\n1\r\n0\r\n\r\n".utf8))
            let (reply, isEnded) = try Self.answer(socket)
            #expect((reply.status == 501 || reply.status == 400) && isEnded, "\(reply)")
            #expect(try RawSocket(port: server.v2).request("GET", "/api/keys/a.b").status == 404)
        }
    }

    /// What a proxy reads as one request and the hub as two lets somebody ask in another's name.
    @Test func aRequestWithTwoLengthsIsRefused() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket(port: server.v2)
            try socket.write(
                Self.head("PUT /api/keys/a.b HTTP/1.1", "Transfer-Encoding: chunked", "Content-Length: 3")
                    + Array("0\r\n\r\nGET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            let (reply, isEnded) = try Self.answer(socket)
            #expect((reply.status == 501 || reply.status == 400) && isEnded, "\(reply)")
        }
    }
}
