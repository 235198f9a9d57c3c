import Komoku
import KomokuTesting
import KomokuWire
import Testing

@testable import komoku_cli

/// The table of `komoku watch`, without a terminal.
struct WatchTableTests {
    private static let start = Timestamp(seconds: 1_700_000_000) ?? .distantPast

    private func change(_ key: String, _ value: JSON, _ seconds: Double = 0, stale: Bool? = nil) -> KeyChange {
        KeyChange(
            key: key, value: value, time: Self.start + Duration(microseconds: Int64(seconds * 1e6)), previous: .null,
            isStale: stale)
    }

    private func lines(_ table: inout WatchTable, _ columns: Int = 80, _ rows: Int = 10, at seconds: Double = 0)
        -> [String]
    {
        let time = Self.start + Duration(microseconds: Int64(seconds * 1e6))
        return table.lines(LiveScreen.Size(columns: columns, rows: rows), at: time)
    }

    @Test func keysAreInOrderWithTheirNewestValues() throws {
        var table = WatchTable(pattern: "**")
        #expect(lines(&table)[0].contains("waiting until there is one"))
        for second in 0..<5 { table.take(change("b", .number(Double(second)), Double(second)), at: Self.start) }
        table.take(change("a", "open", 2), at: Self.start)
        table.set(unit: "lx", of: "b")
        let shown = lines(&table, at: 5)
        #expect(shown.count == 4 && shown[0].hasPrefix("2 keys of **"))
        #expect(shown[2].hasPrefix("a ") && shown[2].contains("open") && shown[2].contains("3s ago"))
        #expect(shown[3].contains("4 lx") && shown[3].contains("1s ago") && shown[3].contains(" 5 "))
        #expect(shown[3].contains("▁") && shown[3].contains("█"))
        // A minute later nothing of it is of the last minute.
        #expect(!lines(&table, at: 70)[3].contains(" 5 "))
    }

    @Test func whatIsStaleOrGoneIsSaid() {
        var table = WatchTable(pattern: "hall.*")
        table.take(change("hall.lux", 3, stale: true), at: Self.start)
        #expect(lines(&table)[2].contains("3 stale"))
        table.take(change("hall.lux", 3, stale: false), at: Self.start)
        #expect(!lines(&table)[2].contains("stale"))
        table.trouble = "the hub is gone; waiting for it"
        #expect(lines(&table)[0] == "1 key of hall.*: the hub is gone; waiting for it")
    }

    @Test(arguments: 0..<40) func itFitsOnEveryScreen(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var table = WatchTable(pattern: "**")
        for index in 0..<Int.random(in: 0...60, using: &random) {
            let name = String(repeating: "ключ", count: Int.random(in: 1...20, using: &random))
            let values: [JSON] = [1.5, true, .string(String(repeating: "長\u{1B}\n", count: 40)), .null]
            for _ in 0..<Int.random(in: 1...30, using: &random) {
                table.take(
                    change("\(name).\(index)", values[Int.random(in: 0..<4, using: &random)]), at: Self.start)
            }
        }
        let size = LiveScreen.Size(
            columns: Int.random(in: 1...200, using: &random), rows: Int.random(in: 1...50, using: &random))
        let shown = table.lines(size, isUnicode: seed % 2 == 0, at: Self.start)
        #expect(shown.count <= size.rows)
        #expect(shown.allSatisfy { $0.columns <= size.columns && !$0.contains("\u{1B}") && !$0.contains("\n") })
    }
}
