import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuStore

/// The data of W3: 20 keys, each a sample every 10 s, as `w3_series` in `bench.py` makes them.
struct SampleSeries {
    static let count = 20
    static let step: Int64 = 10_000_000

    let index: Int

    var type: KeyType { index < 18 ? .numeric : .boolean }

    var name: String {
        switch index {
        case ..<16: "temp\(index < 10 ? "0" : "")\(index)"
        case ..<18: "count\(index)"
        default: "motion\(index)"
        }
    }

    func points(from start: Int64, to end: Int64) -> [Point] {
        var dice = Dice(seed: index)
        let rest = 20 + Double(index)
        var level = rest
        var flag = false
        return stride(from: start, to: end, by: Int(Self.step)).map { time in
            if index < 18 {
                level += dice.uniform(-0.15, 0.15) + (rest - level) * 0.001
            } else if dice.fraction() < 0.02 {
                flag.toggle()
            }
            return Point(
                time: Timestamp(microseconds: time), value: index < 18 ? number(level) : .boolean(flag),
                provenance: .live)
        }
    }

    private func number(_ level: Double) -> Value {
        .number(index < 16 ? (level * 100).rounded() / 100 : (level * 10).rounded())
    }
}

struct ThirtyDays: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "w3", abstract: "20 keys with a sample every 10 s: import, bytes per value, queries.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Days of data.") var days = 30
    @Option(help: "Unix time at which the data ends; whole hours.") var until: Int?
    @Option(help: "Points given to the store at once.") var chunk = 50_000
    @Option(help: "Runs of each query.") var runs = 50
    @Option(help: "Only this query: w3_hourly, w3_hourly_from_raw, w3_fraction.") var query: String?
    @Flag(help: "Only make the database.") var load = false

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let end = Int64(until ?? Int(time(nil)) / 3600 * 3600) * 1_000_000
        let range = (end - Int64(days) * 86_400_000_000)..<end
        let count = try fill(place.database, range)
        if load { return }
        let total = Double(ProcessFigures.fileBytes(place.database))
        let raw = Double(try bytesWithoutTiers(place.database))
        report("w3_bytes_per_value", ["raw": raw / count, "all": total / count, "file_bytes": total])
        try ask(place.database, range)
    }

    /// - Returns: how many values there are.
    private func fill(_ path: String, _ range: Range<Int64>) throws -> Double {
        let store = try Store.open(path)
        defer { store.close() }
        let series = (0..<SampleSeries.count).map(SampleSeries.init(index:))
        try store.define(series.map { ($0.name, $0.type) }, at: Timestamp(microseconds: range.lowerBound))
        var (spent, computed, count) = (0.0, 0.0, 0)
        var newest: [(KeyID, Point)] = []
        for (index, series) in series.enumerated() {
            let points = series.points(from: range.lowerBound, to: range.upperBound)
            let key = KeyID(rawValue: Int32(index))
            let before = ProcessFigures.computedSeconds
            spent += try seconds {
                for start in stride(from: 0, to: points.count, by: chunk) {
                    try store.insertAndWait(Array(points[start..<min(points.count, start + chunk)]), into: key)
                }
            }.seconds
            computed += ProcessFigures.computedSeconds - before
            count += points.count
            if let last = points.last { newest.append((key, last)) }
        }
        report(
            "w3_import",
            [
                "values": Double(count), "seconds": spent, "values_per_second": Double(count) / spent,
                "cpu_seconds": computed, "values_per_cpu_second": Double(count) / computed,
            ])
        try store.settle(newest)
        let (compacting, compaction) = try seconds { try store.compactAndWait() }
        let after = compaction.after
        report(
            "w3_compact",
            [
                "seconds": compacting, "raw_bytes_per_value": after.bytes(of: "raw") / Double(count),
                "5m_bytes_per_bucket": after.bytes(of: "5m") / max(1, after.count(of: "5m")),
                "1h_bytes_per_bucket": after.bytes(of: "1h") / max(1, after.count(of: "1h")),
                "tier_bytes_per_value": (after.bytes(of: "5m") + after.bytes(of: "1h")) / Double(count),
            ])
        return Double(count)
    }

    private func ask(_ path: String, _ range: Range<Int64>) throws {
        let (opening, store) = try seconds { try Store.open(path) }
        report("w3_open", ["ms": opening * 1000])
        defer { store.close() }
        let hours = stride(from: range.lowerBound, through: range.upperBound, by: 3_600_000_000)
        let hourly = StatisticsQuery(
            key: KeyID(rawValue: 3), type: .numeric, bounds: hours.map { Timestamp(microseconds: $0) },
            now: Timestamp(microseconds: range.upperBound))
        // Half a minute beside the buckets: only points can tell.
        let raw = StatisticsQuery(
            key: KeyID(rawValue: 3), type: .numeric, bounds: hours.map { Timestamp(microseconds: $0 + 30_000_000) },
            now: Timestamp(microseconds: range.upperBound + 30_000_000))
        let fraction = StatisticsQuery(
            key: KeyID(rawValue: 18), type: .boolean,
            bounds: [Timestamp(microseconds: range.lowerBound), Timestamp(microseconds: range.upperBound)],
            now: Timestamp(microseconds: range.upperBound))
        for (name, query) in [("w3_hourly", hourly), ("w3_hourly_from_raw", raw), ("w3_fraction", fraction)]
        where self.query ?? name == name {
            var windows: [WindowStatistics] = []
            let timing = try Timing(runs: runs) { windows = try store.statisticsAndWait(query).windows }
            let first = windows.first
            report(
                name,
                [
                    "windows": Double(windows.count), "points": windows.reduce(0) { $0 + Double($1.count) },
                    "first_ms": timing.first, "median_ms": timing.median, "least_ms": timing.least,
                    "example": first?.timeMean ?? first?.fraction ?? .nan,
                ])
        }
    }
}
