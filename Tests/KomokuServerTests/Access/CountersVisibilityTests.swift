import Komoku
import KomokuDesk
import KomokuHub
import KomokuWire
import Testing

@testable import KomokuServer

/// How much happens among keys that somebody may not read.
@Suite struct CountersVisibilityTests {
    @Test func whoMayReadSomeKeysIsToldOfNoOthersCounters() async throws {
        try await AccessServerTests.run { place in
            let guest = try place.access.addToken(
                "guest", Rights(reading: [try KeyPattern(validating: "hall.*")], writing: []))
            let socket = try RawSocket(port: place.port)
            for index in 0..<20 {
                #expect(
                    try socket.request("PUT", "/api/keys/safe.k\(index)", "1", headers: [place.bearer]).status == 200)
            }
            let told = try socket.request("GET", "/api/stats", headers: ["Authorization: Bearer \(guest)"]).json
            #expect(told["keys_count"] == 0 && told["data_points_count"] == 0)
            #expect(told["ops_count"] == .object([]) && told["change_notifications_count"] == 0)
            let metrics = try socket.request("GET", "/metrics", headers: ["Authorization: Bearer \(guest)"]).body
            #expect(!metrics.contains("komoku_connections") && !metrics.contains("puts_total"))
            #expect(try socket.request("GET", "/metrics", headers: [place.bearer]).body.contains("komoku_connections"))
        }
    }

    /// The text of a place in the sequence of changes is another one for each, and none tells how many there were.
    @Test func thePlaceInTheSequenceTellsNoNumber() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            var texts: [String] = []
            for index in 0..<20 {
                _ = try socket.ask(#"{"put":{"key":"a.b","value":\#(index)}}"#)
                let answer = try RawSocket.webSocket(port: server.v2).result(#"{"sub":{"pattern":"**","seq":true}}"#)
                texts.append(try #require(answer["seq"]?.string))
            }
            #expect(Set(texts).count == 20)
            let numbers = texts.compactMap { $0.split(separator: "-").last.flatMap { UInt64($0, radix: 16) } }
            #expect(numbers.count == 20 && numbers != numbers.sorted())
            #expect(numbers.filter { $0 > 1 << 32 }.count > 15)
        }
    }
}
