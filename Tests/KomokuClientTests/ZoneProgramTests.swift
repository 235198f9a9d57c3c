import Komoku
import KomokuClient
import KomokuHub
import KomokuTesting
@testable import KomokuWire
import Testing

/// The built program on a machine of one zone, with a hub of another.
struct ZoneProgramTests {
    private static func run(
        _ hubZone: String?, _ body: (([String]) throws -> BuiltProgram.Ended) async throws -> Void
    ) async throws {
        let server = try await TestHub(zone: hubZone)
        let address = try server.address.description
        let client = Client(try server.address)
        var points = PointBatch()
        points.fill()
        do {
            try await points.send(over: client)
            try await body { arguments in
                try BuiltProgram.run(arguments + ["--server", address], zone: "America/New_York")
            }
        } catch {
            await client.close()
            await server.stop()
            throw error
        }
        await client.close()
        await server.stop()
    }

    /// A counter and a switch from Warsaw's midnight of 25 October 2026 on, each half hour of two days; on its first day
    /// clocks are put back.
    private struct PointBatch {
        private var counter: [HistoryPoint] = []
        private var switching: [HistoryPoint] = []

        mutating func fill() {
            for index in 0..<98 {
                let time = Timestamp(microseconds: (1_792_879_200 + Int64(index) * 1800) * 1_000_000)
                counter.append(HistoryPoint(time: time, value: .number(Double(index))))
                switching.append(HistoryPoint(time: time, value: .bool(index.isMultiple(of: 2))))
            }
        }

        func send(over client: Client) async throws {
            try await client.define("house.energy", type: .counter, options: [JSON.Member("unit", "kWh")])
            var upload = try await client.importPoints()
            var batch = PointImport.Batch()
            batch.points = [
                KeyPoints(key: "house.energy", points: counter), KeyPoints(key: "hall.lamp", points: switching),
            ]
            _ = try await upload.send(batch)
            try await upload.finish()
        }
    }

    @Test func datesAreReadInTheZoneInWhichTheyAreShown() async throws {
        try await Self.run("Europe/Warsaw") { komoku in
            let days = try komoku([
                "stats", "house.energy", "--since", "2026-10-25", "--until", "2026-10-27", "--step", "day", "--csv",
            ])
            #expect(
                days.output.hasPrefix(
                    """
                    start,end,increase,rate,resets,glitches,count,first,last,known_time
                    2026-10-25T00:00:00+02:00,2026-10-26T00:00:00+01:00,49,
                    """), "\(days.output)")
            let table = try komoku([
                "stats", "house.energy", "--since", "2026-10-25", "--until", "2026-10-27", "--step", "day",
            ])
            #expect(table.output.hasPrefix("time (Europe/Warsaw)"))
            let history = try komoku([
                "history", "house.energy", "--since", "2026-10-25 01:59", "--until", "2026-10-25 02:30",
            ])
            #expect(
                history.output == """
                    time (Europe/Warsaw)      value
                    2026-10-25 02:00:00 CEST  4 kWh
                    2026-10-25 02:30:00 CEST  5 kWh
                    2026-10-25 02:00:00 CET   6 kWh

                    """)
        }
    }

    @Test func anotherZoneCountsForReadingAndShowing() async throws {
        try await Self.run("Europe/Warsaw") { komoku in
            let history = try komoku([
                "history", "house.energy", "--zone", "Asia/Tokyo", "--since", "2026-10-25 08:45", "--until",
                "2026-10-25 09:15",
            ])
            #expect(
                history.output == """
                    time (Asia/Tokyo)    value
                    2026-10-25 09:00:00  4 kWh

                    """)
            let spans = try komoku([
                "spans", "hall.lamp", "--zone", "UTC", "--since", "2026-10-25 00:00", "--until", "2026-10-25 01:00",
            ])
            #expect(
                spans.output.hasPrefix(
                    "from (UTC)           to                   for\n2026-10-25 00:00:00  2026-10-25 00:30:00"))
            let none = try komoku(["history", "house.energy", "--zone", "Europe/Warsow"])
            #expect(none.code == 2 && none.complaint.hasPrefix("komoku: there is no time zone 'Europe/Warsow'"))
        }
    }

    @Test(arguments: [
        ["history", "house.energy"], ["stats", "house.energy", "--since", "2026-10-25"],
        ["stats", "house.energy", "--since", "2026-10-25", "--step", "month"], ["last", "house.energy"],
        ["profile", "house.energy", "--since", "2026-10-25"],
        ["spans", "hall.lamp", "--since", "2026-10-25", "--until", "2026-10-26"],
        ["uptime", "hall.lamp", "--since", "2026-10-25", "--until", "2026-10-26"], ["status"],
    ])
    func everyCommandWithTimesSaysWhose(arguments: [String]) async throws {
        try await Self.run("Europe/Warsaw") { komoku in
            let ended = try komoku(arguments)
            #expect(ended.output.contains("Europe/Warsaw"), "\(ended.output)\(ended.complaint)")
        }
    }

    @Test func mistakesInTimesAreUsageErrorsAlsoWhereTheZoneDecides() async throws {
        try await Self.run("Europe/Warsaw") { komoku in
            // An hour later in New York, where this runs, and at the very same time in Warsaw.
            let empty = try komoku([
                "history", "house.energy", "--since", "2026-10-25T06:00:00Z", "--until", "2026-10-25 07:00",
            ])
            #expect(empty.code == 2 && empty.complaint.contains("--since has to be before --until"))
            #expect(try komoku(["stats", "house.energy", "--since", "2200-01-01"]).code == 2)
        }
    }
}
