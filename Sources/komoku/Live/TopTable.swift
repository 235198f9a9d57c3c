internal import Komoku
internal import KomokuWire
internal import Synchronization

/// Counts what is put to keys, as a watch tells it.
final class PutCounts: Sendable {
    private let counts = Mutex<[String: Int]>([:])

    func add(_ change: KeyChange) { counts.withLock { $0[change.key, default: 0] += 1 + change.skipped } }
    var all: [String: Int] { counts.withLock { $0 } }
}

/// The busiest and the largest keys.
struct TopTable {
    private struct Row {
        var key: String
        /// Puts a minute.
        var rate = 0.0
        var bytes = 0
        var points = 0
    }

    private let sizes: [String: KeySizeReport]
    private let totalBytes: Int
    private let order: TopCommand.Order
    private var rows: [Row] = []
    private var totalRate = 0.0

    init(_ sizes: KeySizesList, order: TopCommand.Order) {
        self.sizes = Dictionary(sizes.keys.map { ($0.key.text, $0) }) { first, _ in first }
        totalBytes = sizes.bytes
        self.order = order
        set([:], over: 1)
    }

    /// - Parameter seconds: for which it was counted.
    mutating func set(_ counts: [String: Int], over seconds: Double) {
        var rows: [String: Row] = [:]
        for (key, size) in sizes { rows[key] = Row(key: key, bytes: size.bytes, points: size.points) }
        for (key, count) in counts {
            rows[key, default: Row(key: key)].rate = Double(count) / max(seconds, 0.001) * 60
        }
        totalRate = rows.values.reduce(0) { $0 + $1.rate }
        self.rows = rows.values.sorted { first, second in
            let (one, other) = (weight(first), weight(second))
            return one == other ? (first.bytes, second.key) > (second.bytes, first.key) : one > other
        }
    }

    private func weight(_ row: Row) -> Double {
        switch order {
        case .rate: row.rate
        case .bytes: Double(row.bytes)
        case .points: Double(row.points)
        }
    }

    /// - Returns: no more lines than the screen has, none wider.
    func lines(_ size: LiveScreen.Size, limit: Int?) -> [String] {
        guard !rows.isEmpty else {
            return ["no key was put meanwhile, and none has packed history yet".fitting(size.columns)]
        }
        let shown = rows.prefix(max(0, min(limit ?? .max, size.rows - 2)))
        let columns = [
            TextTable.Column(title: "key", cells: shown.map(\.key.printable), isRight: false),
            TextTable.Column(title: "puts a minute", cells: shown.map { $0.rate > 0 ? Self.rate($0.rate) : "" }),
            TextTable.Column(title: "bytes", cells: shown.map { $0.bytes > 0 ? Numbers.bytes(Double($0.bytes)) : "" }),
            TextTable.Column(
                title: "of all", cells: shown.map { $0.bytes > 0 ? Self.share($0.bytes, of: totalBytes) : "" }),
            TextTable.Column(title: "points", cells: shown.map { $0.points > 0 ? Numbers.grouped($0.points) : "" }),
        ]
        let head =
            "\(Numbers.grouped(rows.count)) keys: \(Self.rate(totalRate)) puts a minute, \(Numbers.bytes(Double(totalBytes)))"
        let table = TextTable(columns: columns).lines(on: Screen(columns: size.columns))
        return Array(([head] + table).map { $0.fitting(size.columns) }.prefix(size.rows))
    }

    private static func rate(_ rate: Double) -> String {
        rate >= 10 ? Numbers.grouped(Int(min(rate, 1e15))) : "\((rate * 10).rounded() / 10)"
    }

    private static func share(_ part: Int, of whole: Int) -> String {
        "\((Double(part) / Double(max(1, whole)) * 1000).rounded() / 10) %"
    }

    func json(limit: Int) -> JSON {
        let keys = rows.prefix(limit).map { row -> JSON in
            [
                "key": .string(row.key), "puts_per_minute": .number((row.rate * 1000).rounded() / 1000),
                "bytes": .number(Double(row.bytes)), "points": .number(Double(row.points)),
            ]
        }
        return ["keys": .array(keys), "bytes": .number(Double(totalBytes))]
    }

    func csv(limit: Int) -> [String] {
        ["key,puts_per_minute,bytes,points"]
            + rows.prefix(limit).map { "\($0.key),\(($0.rate * 1000).rounded() / 1000),\($0.bytes),\($0.points)" }
    }
}
