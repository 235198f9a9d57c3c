import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuStore

struct QuietDay: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "day",
        abstract: "A quiet house: bytes written per day, commits, seals and the merge pass included.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Seconds between commits.") var interval = 5
    @Option(help: "Values a second.") var rate = 30
    @Option(help: "Keys, of the house's kinds.") var keys = 1000
    @Option(help: "Days; the second one finds tails to go on with.") var days = 2
    @Flag(help: "Commit without waiting for the disk.") var normal = false

    private static let sealInterval = 7200

    func run() throws {
        let place = try Workplace(place.database)
        defer { place.remove() }
        let store = try Store.open(place.database) { $0.durability = normal ? .normal : .full }
        defer { store.close() }
        let begin = Int64(time(nil)) / 86_400 * 86_400 - Int64(days) * 86_400
        let kinds = HouseValue.mixture(keys)
        try store.define(
            kinds.enumerated().map { ("house.\($0.offset).\($0.element.name)", $0.element.type) },
            at: Timestamp(microseconds: begin * 1_000_000))
        var house = House(kinds)
        for day in 0..<days {
            let before = ProcessFigures.writtenBytes
            let start = begin + Int64(day) * 86_400
            var (sealed, sealing) = (0, 0)
            let spent = try seconds {
                for second in stride(from: 0, to: 86_400, by: interval) {
                    store.append(house.batch(from: start + Int64(second), seconds: interval, rate: rate))
                    try store.commitAndWait()
                    if second + interval >= sealed + Self.sealInterval {
                        sealed += Self.sealInterval
                        let before = ProcessFigures.writtenBytes
                        try store.sealAndWait()
                        sealing += ProcessFigures.writtenBytes - before
                    }
                }
            }.seconds
            let unmerged = ProcessFigures.writtenBytes - before
            try waitForMerge(store)
            let written = ProcessFigures.writtenBytes - before
            try report(
                store, day, Written(commits: unmerged - sealing, seals: sealing, merge: written - unmerged), spent)
        }
    }

    /// Bytes of one day.
    private struct Written {
        var commits: Int
        var seals: Int
        var merge: Int

        var total: Int { commits + seals + merge }
    }

    private func report(_ store: Store, _ day: Int, _ written: Written, _ spent: Double) throws {
        let values = Double(rate * 86_400)
        let totals = try store.reportAndWait()
        BenchFigures.report(
            "day_\(interval)s",
            [
                "day": Double(day + 1), "values": values, "written_mb": Double(written.total) / 1e6,
                "commits_mb": Double(written.commits) / 1e6, "seals_mb": Double(written.seals) / 1e6,
                "merge_mb": Double(written.merge) / 1e6, "bytes_per_value": Double(written.total) / values,
                "journal_mb": Double(store.statistics.journalBytesWritten) / 1e6 / Double(day + 1),
                "file_mb": Double(totals.fileBytes) / 1e6, "fresh_points": Double(totals.freshPoints),
                "seconds": spent,
            ])
    }

    /// The round begins by itself after the last seal of a day.
    private func waitForMerge(_ store: Store) throws {
        for _ in 0..<6000 where try store.reportAndWait().freshPoints > 0 { usleep(10_000) }
        try store.commitAndWait()
    }
}

/// Values of all keys, in the order in which they come.
private struct House {
    private let kinds: [HouseValue]
    private var numbers: [Double]
    private var dice = Dice(seed: 1)

    init(_ kinds: [HouseValue]) {
        self.kinds = kinds
        numbers = kinds.map(\.start)
    }

    mutating func batch(from second: Int64, seconds: Int, rate: Int) -> Batch {
        var batch = Batch()
        let count = rate * seconds
        for index in 0..<count {
            // Spread over the seconds, in whole milliseconds.
            let milliseconds = Double(index) * 1000 / Double(rate) + dice.uniform(0, 900 / Double(rate))
            let time = Timestamp(microseconds: second * 1_000_000 + Int64(milliseconds) * 1000)
            let key = Int(dice.next() % UInt64(kinds.count))
            numbers[key] = kinds[key].next(after: numbers[key], &dice)
            batch.puts.append(
                Put(
                    key: KeyID(rawValue: Int32(key)), time: time, value: kinds[key].value(numbers[key]),
                    provenance: .live, pointTime: time, isNewest: true))
        }
        return batch
    }
}
