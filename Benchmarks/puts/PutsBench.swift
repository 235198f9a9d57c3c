internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuProto
internal import KomokuWire

/// Puts over one connection, as fast as the hub acknowledges them. Every point that counts is on disk.
@main
struct PutsBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "komoku-bench-puts", abstract: "Durable puts per second over one connection, and bytes a point.")

    @Option(help: "Where the hub listens; `/v2` at its end is the second protocol.")
    var server = "ws://127.0.0.1:7274"

    @Option(help: "Points in all.")
    var points = 1_000_000

    @Option(help: "Keys that they are of, in turn.")
    var keys = 100

    func run() async throws {
        let client = Client(try HubAddress(server), timeout: .seconds(60))
        let names = (0..<keys).map { "bench.room\($0).temperature" }
        // Before the run, so that no key has to be made in it.
        _ = try await client.put(names.map { PutPoint($0, 0) })
        let made = (0..<points).map { index in
            // Five a second of each key; no two after each other are equal.
            PutPoint(
                names[index % keys], .number(20 + Double(index * 7919 % 1000) / 128),
                at: Timestamp(microseconds: 1_769_844_600_000_000 + Int64(index) * 2_000))
        }
        let clock = ContinuousClock()
        let start = clock.now
        let report = try await client.put(made)
        let seconds = (clock.now - start) / .seconds(1)
        await client.close()
        let message = PackedPoints(made.prefix(2048)).map { PackedToHub($0, id: 1).packed.count } ?? 0
        print(
            JSON.object([
                JSON.Member("puts_per_second", .number((Double(report.taken) / seconds).rounded())),
                JSON.Member("taken", .number(Double(report.taken))),
                JSON.Member("refused", .number(Double(report.refused.count))),
                JSON.Member("stored", .bool(report.isStored)),
                JSON.Member("seconds", .number((seconds * 1000).rounded() / 1000)),
                JSON.Member("bytes_per_point", .number(Double(message * 100 / min(points, 2048)) / 100)),
            ]).text)
    }
}
