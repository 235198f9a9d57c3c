import ArgumentParser
import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Testing

@testable import komoku_cli

/// The commands against a hub as it is.
@Suite(.serialized)
struct HubExchangeTests {
    private static func run(_ arguments: [String], at hub: TestHub) async throws {
        let address = try hub.address.description
        let command = try KomokuCommand.parseAsRoot(arguments + ["--server", address, "--json"])
        guard var command = command as? any AsyncParsableCommand else { return #expect(Bool(false)) }
        try await command.run()
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        let file = try InputFile(path)
        var bytes: [UInt8] = []
        while case let more = try file.read(), !more.isEmpty { bytes += more }
        return bytes
    }

    @Test(arguments: ["jsonl", "csv", "ruby"])
    func aHubThatWasFilledByAnExportExportsTheSame(format: String) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let first = try await TestHub()
        let client = Client(try first.address)
        try await client.define("k.temperature", type: .numeric, options: [JSON.Member("unit", "°C")])
        for second in 0..<50 as Range<Int64> {
            let time = Timestamp(microseconds: second * 61_000_001)
            try await client.put("k.temperature", .number(Double(second * second) / 8), at: time)
            try await client.put("k.door", .bool(second % 3 == 0), at: time)
            try await client.put("k.text", .string(second % 2 == 0 ? "say \"x\",\n" : "true"), at: time)
        }
        await client.close()
        try await Self.run(["export", "--format", format, "-o", folder.path("one")], at: first)
        await first.stop()
        let second = try await TestHub()
        try await Self.run(["import", folder.path("one")], at: second)
        try await Self.run(["export", "--format", format, "-o", folder.path("two")], at: second)
        await second.stop()
        let bytes = try Self.bytes(of: folder.path("one"))
        #expect(bytes.count > 1500)
        #expect(bytes == (try Self.bytes(of: folder.path("two"))))
    }

    @Test func statisticsSpansProfilesAndMovesWork() async throws {
        try await TestHub.withClient { client in
            for (second, value) in [(0, 10.0), (60, 20), (120, 10)] as [(Int64, Double)] {
                let time = Timestamp(microseconds: second * 1_000_000)
                try await client.put("n", .number(value), at: time)
                try await client.put("b", .bool(value > 15), at: time)
            }
            let (since, until) = (Timestamp(microseconds: 0), Timestamp(microseconds: 240_000_000))
            var query = StatisticsRequest(try KeyName(validating: "n"), since: since, until: until)
            query.percentiles = [50]
            let whole = try #require(try await client.statistics(query).windows.first?.figures)
            #expect(whole[.count] == 3 && whole[.timeMean] == 12.5 && whole[.maximum] == 20)
            #expect(whole.percentiles == [10])
            query.step = "1m"
            #expect(try await client.statistics(query).windows.map { $0.figures[.timeMean] } == [10, 20, 10, 10])
            let spans = try await client.spans("b", since: since, until: until)
            #expect(spans.map { $0.length?.seconds } == [60])
            let profile = try await client.profile("n", by: .hour, since: since, until: until, zone: "UTC")
            #expect(profile.buckets.first { $0.number == 0 }?.figures[.count] == 3)
            query.step = "1ms"
            query.range.until = Timestamp(microseconds: 1_000_000_000_000)
            let refused = await #expect(throws: ClientError.self) { try await client.statistics(query) }
            #expect(refused?.code == "invalid_query")
            try await client.rename("n", to: "m")
            let taken = await #expect(throws: ClientError.self) { try await client.rename("m", to: "b") }
            #expect(taken?.code == "key_exists")
            try await client.put("m2", 5, at: Timestamp(microseconds: 30_000_000))
            try await client.merge("m2", into: "m")
            #expect(try await client.history("m").map(\.value) == [10, 5, 20, 10])
        }
    }
}
