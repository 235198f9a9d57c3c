import ArgumentParser
import BenchFigures
import Glibc
import Komoku
import KomokuStore

/// How a sender's values come.
enum Arrivals: String, CaseIterable {
    /// Every 10 s, each 100 ms (a deviation) beside its time.
    case jitter
    /// By chance, every 46 s on average.
    case poisson

    /// The times from `start` on, whole milliseconds as the hub gives them, strictly ascending.
    func times(from start: Int64, to end: Int64, _ dice: inout Dice) -> [Int64] {
        var times: [Int64] = []
        var (time, tick) = (Double(start), Double(start))
        while true {
            switch self {
            case .jitter:
                tick += 10_000_000
                time = tick + dice.normal(deviation: 100_000)
            case .poisson: time += dice.wait(mean: 46_000_000)
            }
            let whole = Int64(time) / 1000 * 1000
            guard whole < end else { return times }
            if whole > times.last ?? .min, whole >= start { times.append(whole) }
        }
    }
}

struct LiveTraffic: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live", abstract: "Live traffic through append and seal: bytes per value that is sealed.")

    @OptionGroup var place: DatabaseOptions
    @Option(help: "Days of traffic.") var days = 14
    @Option(help: "Keys, of the house's kinds.") var keys = 24

    private static let sealInterval: Int64 = 7_200_000_000

    func run() throws {
        for arrivals in Arrivals.allCases {
            let place = try Workplace(place.database)
            defer { place.remove() }
            let count = try fill(place.database, arrivals)
            let total = Double(ProcessFigures.fileBytes(place.database))
            let raw = Double(try bytesWithoutTiers(place.database))
            report("live_\(arrivals.rawValue)", ["raw_file": raw / count, "file_with_tiers": total / count])
        }
    }

    /// - Returns: how many values there are.
    private func fill(_ path: String, _ arrivals: Arrivals) throws -> Double {
        let store = try Store.open(path)
        defer { store.close() }
        let end = Int64(time(nil)) / 86_400 * 86_400_000_000
        let start = end - Int64(days) * 86_400_000_000
        var sources = HouseValue.mixture(keys).enumerated().map { index, kind in
            Source(KeyID(rawValue: Int32(index)), kind, arrivals, from: start, to: end)
        }
        try store.define(
            sources.map { ("house.\($0.key.rawValue).\($0.kind.name)", $0.kind.type) },
            at: Timestamp(microseconds: start))
        var count = 0
        let spent = try seconds {
            for window in stride(from: start, to: end, by: Int(Self.sealInterval)) {
                var batch = Batch()
                for index in sources.indices { sources[index].puts(before: window + Self.sealInterval, into: &batch) }
                count += batch.puts.count
                store.append(batch)
                try store.sealAndWait()
            }
        }.seconds
        let sealed = try store.reportAndWait()
        let compaction = try store.compactAndWait().after
        report(
            "live_\(arrivals.rawValue)_sealed",
            [
                "values": Double(count), "seconds": spent,
                "fresh_bytes_per_value": Double(sealed.freshBytes) / Double(max(1, sealed.freshPoints)),
                "raw_bytes_per_value": compaction.bytes(of: "raw") / Double(count),
                "tier_bytes_per_value": (compaction.bytes(of: "5m") + compaction.bytes(of: "1h")) / Double(count),
            ])
        return Double(count)
    }
}

/// One key's values, in the order of their times.
struct Source {
    let key: KeyID
    let kind: HouseValue
    private let times: [Int64]
    private var next = 0
    private var number: Double
    private var dice: Dice

    init(_ key: KeyID, _ kind: HouseValue, _ arrivals: Arrivals, from start: Int64, to end: Int64) {
        (self.key, self.kind) = (key, kind)
        dice = Dice(seed: Int(key.rawValue) + 1)
        // Devices do not wake up all at once.
        let offset = Int64(dice.uniform(0, 10_000)) * 1000
        times = arrivals.times(from: start + offset, to: end, &dice)
        number = kind.start
    }

    mutating func puts(before end: Int64, into batch: inout Batch) {
        while next < times.count, times[next] < end {
            number = kind.next(after: number, &dice)
            let time = Timestamp(microseconds: times[next])
            batch.puts.append(
                Put(
                    key: key, time: time, value: kind.value(number), provenance: .live, pointTime: time,
                    isNewest: true))
            next += 1
        }
    }
}
