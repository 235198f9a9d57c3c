import Komoku
import Testing

@testable import KomokuServer

/// Those that read slowly, beside those that do not.
@Suite(.serialized) struct SlowReaderTests {
    private static let keys = 10
    private static let rounds = 20
    private static let changesOfRound = 50
    private static let all = rounds * changesOfRound
    private static let text = String(repeating: "x", count: 4000)

    /// Reads until all changes were told or counted.
    ///
    /// - Returns: how many came, and the last value of each key.
    private static func readAll(_ socket: RawSocket) throws -> (seen: Int, last: [String: String]) {
        var (seen, skipped) = (0, 0)
        var last: [String: String] = [:]
        while seen + skipped < all {
            let push = try JSON(parsing: try socket.receiveText())["pub"]
            seen += 1
            skipped += push?["skipped"]?.number.flatMap { Int(exactly: $0) } ?? 0
            last[push?["key"]?.string ?? ""] = push?["value"]?.string.map { String($0.prefix { $0 != "x" }) }
        }
        #expect(seen + skipped == all)
        return (seen, last)
    }

    @Test func theyCostLittleAndHoldNobodyUp() async throws {
        try await TestServer.run { server in
            let slow = try (0..<8).map { _ in try RawSocket.webSocket(port: server.v2, receiveBuffer: 4096) }
            let fast = try (0..<2).map { _ in try RawSocket.webSocket(port: server.v2) }
            for socket in slow + fast { _ = try socket.ask(#"{"sub":{"pattern":"**"}}"#) }
            let writer = try RawSocket.webSocket(port: server.v2)
            for round in 0..<Self.rounds {
                let puts = (0..<Self.changesOfRound).map { index in
                    #"{"put":{"key":"k\#(index % Self.keys)","value":"\#(round).\#(index) \#(Self.text)"}}"#
                }
                _ = try writer.ask("[" + puts.joined(separator: ",") + "]")
            }
            let newest = Dictionary(
                uniqueKeysWithValues: (0..<Self.keys).map { key in
                    ("k\(key)", "\(Self.rounds - 1).\(Self.changesOfRound - Self.keys + key) ")
                })
            for socket in fast { #expect(try Self.readAll(socket).last == newest) }
            for socket in slow {
                let told = try Self.readAll(socket)
                #expect(told.last == newest)
                // What waits for one is bounded: a mebibyte of texts, and what the system buffers.
                #expect(told.seen < Self.all / 4)
            }
        }
    }
}
