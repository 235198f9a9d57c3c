import Komoku
import KomokuWire
@testable import KomokuServer
import NIOHTTP1
import Testing

/// RFC 6455, section 4, and whom the hub takes for somebody who means it.
struct HandshakeTests {
    private static let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    private static let usual = [
        "Host: localhost", "Connection: Upgrade", "Upgrade: websocket", key, "Sec-WebSocket-Version: 13",
    ]

    /// The usual request with some lines in the place of others.
    private static func request(
        _ first: String = "GET / HTTP/1.1", without: String? = nil, with lines: [String] = []
    ) -> String {
        let kept = usual.filter { line in without.map { !line.hasPrefix($0 + ":") } ?? true }
        return ([first] + kept + lines).joined(separator: "\r\n") + "\r\n\r\n"
    }

    private static let table: [(String, Int)] = {
        var table: [(String, Int)] = []
        table.append((request(), 101))
        table.append((request(without: "Connection", with: ["Connection: keep-alive, Upgrade"]), 101))
        table.append((request(without: "Upgrade", with: ["Upgrade: WebSocket"]), 101))
        table.append((request("GET /v2?x=1 HTTP/1.1"), 101))
        table.append((request("POST / HTTP/1.1", with: ["Content-Length: 0"]), 405))
        table.append((request("PUT / HTTP/1.1", with: ["Content-Length: 0"]), 405))
        table.append((request("GET / HTTP/1.0"), 400))
        table.append((request(without: "Connection"), 400))
        table.append((request(without: "Connection", with: ["Connection: keep-alive"]), 400))
        table.append((request(without: "Sec-WebSocket-Key"), 400))
        table.append((request(with: [key]), 400))
        table.append((request(without: "Sec-WebSocket-Key", with: ["Sec-WebSocket-Key: c2hvcnQ="]), 400))
        table.append((request(without: "Sec-WebSocket-Key", with: ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ"]), 400))
        table.append(
            (request(without: "Sec-WebSocket-Key", with: ["Sec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ=="]), 400))
        table.append((request(without: "Sec-WebSocket-Key", with: ["Sec-WebSocket-Key:"]), 400))
        table.append((request(without: "Sec-WebSocket-Version"), 426))
        table.append((request(without: "Sec-WebSocket-Version", with: ["Sec-WebSocket-Version: 8"]), 426))
        table.append((request(without: "Sec-WebSocket-Version", with: ["Sec-WebSocket-Version: 13, 8"]), 426))
        table.append((request(without: "Host"), 400))
        table.append((request(with: ["Host: localhost"]), 400))
        table.append((request(without: "Host", with: ["Host: evil.example:7274"]), 403))
        table.append((request(with: ["Origin: https://evil.example"]), 403))
        table.append((request("GET /v4 HTTP/1.1"), 404))
        return table
    }()

    @Test(arguments: table)
    func aHandshakeIsTakenOrRefused(request: String, status: Int) async throws {
        try await TestServer.run { server in
            let answer = try RawSocket(port: server.v1).http(request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) ") || answer.hasPrefix("HTTP/1.0 \(status) "), "\(answer)")
        }
    }

    @Test func plainRequestsForAnotherNameAreRefusedToo() async throws {
        try await TestServer.run { server in
            let rebound = try RawSocket(port: server.v2).http("GET /-/healthy HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            #expect(rebound.hasPrefix("HTTP/1.1 403 "))
            let old = try RawSocket(port: server.v2).http("GET /-/healthy HTTP/1.0\r\n\r\n")
            #expect(old.contains(" 200 "))
        }
    }

    private static let hosts: [(String, Bool)] = [
        ("localhost", true), ("LOCALHOST:7274", true), ("localhost.", true), ("hub.localhost:1", true),
        ("127.0.0.1:7274", true), ("127.8.9.1", true), ("[::1]:7274", true), ("[::1]", true),
        ("192.168.1.7:7274", true), ("[fd00::7]", true),
        ("evil.example", false), ("127.0.0.1.evil.example", false), ("localhost.evil.example", false),
        ("evil.example:127", false), ("192.168.1.8", false), ("0.0.0.0", false), ("[::]", false), ("", false),
        (":7274", false), ("[::1", false), ("[localhost]", false), ("localhost:x", false), ("127.1@evil", false),
    ]

    @Test(arguments: hosts)
    func loopbackNamesAndConfiguredAddressesAreMeant(host: String, isMeant: Bool) {
        let policy = UpgradePolicy(rootVersion: .v2, addresses: ["127.0.0.1", "192.168.1.7", "FD00::7"])
        #expect(policy.isMeant(host: host) == isMeant)
        let open = UpgradePolicy(rootVersion: .v2, addresses: ["0.0.0.0"], isLoopback: false)
        #expect(open.isMeant(host: host))
    }
}
