import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuStore

struct WholeYear: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "year", abstract: "The time to open a database with a year of many keys.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Keys.") var keys = 1000
    @Option(help: "Days.") var days = 365
    @Option(help: "Seconds between the values of a key.") var interval = 1800
    @Option(help: "How often it is opened.") var runs = 11

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let end = Int64(time(nil)) / 86_400 * 86_400_000_000
        let (spent, count) = try seconds { try fill(place.database, end) }
        report(
            "year",
            [
                "keys": Double(keys), "values": Double(count), "seconds": spent,
                "values_per_second": Double(count) / spent,
                "file_mb": Double(ProcessFigures.fileBytes(place.database)) / 1e6,
            ])
        let timing = try Timing(runs: runs) { try Store.open(place.database).close() }
        report("year_open", ["first_ms": timing.first, "median_ms": timing.median])
        // As a kill leaves it: a head full of points in the journal.
        let store = try Store.open(place.database)
        store.append(journal(end))
        try store.commitAndWait()
        let copy = place.database + "-killed"
        for suffix in ["", "-wal"] { try copyFile(place.database + suffix, copy + suffix) }
        store.close()
        let (opening, killed) = try seconds { try Store.open(copy) }
        let points = killed.statistics.headPoints
        report(
            "year_open_after_kill",
            ["ms": opening * 1000, "head_points": Double(points), "rss_mib": ProcessFigures.residentMiB])
        killed.close()
        for suffix in ["", ".lock"] { unlink(copy + suffix) }
    }

    /// - Returns: how many values there are.
    private func fill(_ path: String, _ end: Int64) throws -> Int {
        let store = try Store.open(path)
        defer { store.close() }
        let start = end - Int64(days) * 86_400_000_000
        let kinds = HouseValue.mixture(keys)
        try store.define(
            kinds.enumerated().map { ("house.\($0.offset).\($0.element.name)", $0.element.type) },
            at: Timestamp(microseconds: start))
        var newest: [(KeyID, Point)] = []
        var count = 0
        for (index, kind) in kinds.enumerated() {
            var dice = Dice(seed: index)
            var number = kind.start
            let points = stride(from: start, to: end, by: interval * 1_000_000).map { time in
                number = kind.next(after: number, &dice)
                let moment = Timestamp(microseconds: time + Int64(dice.uniform(0, 1000)) * 1000)
                return Point(time: moment, value: kind.value(number), provenance: .live)
            }
            let key = KeyID(rawValue: Int32(index))
            try store.insertAndWait(points, into: key)
            count += points.count
            if let last = points.last { newest.append((key, last)) }
        }
        try store.settle(newest)
        return count
    }

    /// Two hours of a quiet house.
    private func journal(_ start: Int64) -> Batch {
        var batch = Batch()
        for index in 0..<216_000 {
            let time = Timestamp(microseconds: start + Int64(index) * 33_000)
            batch.puts.append(
                Put(
                    key: KeyID(rawValue: Int32(index % keys)), time: time, value: .number(Double(index % 1000) / 10),
                    provenance: .live, pointTime: time, isNewest: true))
        }
        return batch
    }

    private func copyFile(_ path: String, _ target: String) throws {
        guard let from = fopen(path, "r") else { return }
        defer { fclose(from) }
        guard let into = fopen(target, "w") else { throw BenchError("\(target) cannot be written") }
        defer { fclose(into) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        while case let count = fread(&bytes, 1, bytes.count, from), count > 0 { fwrite(bytes, 1, count, into) }
    }
}
