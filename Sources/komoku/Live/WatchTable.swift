internal import Komoku
internal import KomokuWire

/// Keys and their newest values as a table: what changed, when, how often, and the course of late.
struct WatchTable {
    private struct Row {
        var value: JSON
        var unit: String?
        var time: Timestamp
        var isStale = false
        /// Of the last minute.
        var changes: [Timestamp] = []
        /// The newest last.
        var numbers: [Double] = []
    }

    private var rows: [String: Row] = [:]
    /// What is wrong with the connection; nil where nothing is.
    var trouble: String?
    let pattern: String

    /// The most keys, and numbers and changes of each.
    private static let (mostKeys, mostNumbers, mostChanges) = (10_000, 24, 6000)

    init(pattern: String) { self.pattern = pattern }

    var isEmpty: Bool { rows.isEmpty }

    /// What is there at the start.
    mutating func begin(_ key: KeyDescription) {
        guard rows.count < Self.mostKeys, let value = key.value else { return }
        var row = Row(value: value, unit: key.unit, time: key.time ?? .distantPast)
        row.isStale = key.isStale
        row.numbers = Self.number(value).map { [$0] } ?? []
        rows[key.name] = row
    }

    func knows(_ key: String) -> Bool { rows[key] != nil }

    mutating func set(unit: String?, of key: String) { rows[key]?.unit = unit }

    /// - Parameter now: the time of this machine.
    mutating func take(_ change: KeyChange, at now: Timestamp) {
        guard rows.count < Self.mostKeys || rows[change.key] != nil else { return }
        var row = rows[change.key] ?? Row(value: change.value, unit: nil, time: change.time)
        row.isStale = change.isStale ?? false
        row.value = change.value
        row.time = change.time
        row.changes.append(now)
        if row.changes.count > Self.mostChanges { row.changes.removeFirst() }
        if let number = Self.number(change.value) {
            row.numbers.append(number)
            if row.numbers.count > Self.mostNumbers { row.numbers.removeFirst() }
        }
        rows[change.key] = row
    }

    private static func number(_ value: JSON) -> Double? { value.number ?? value.bool.map { $0 ? 1 : 0 } }

    /// - Returns: no more lines than the screen has, none wider.
    mutating func lines(_ size: LiveScreen.Size, isUnicode: Bool = true, at now: Timestamp) -> [String] {
        let start = now - .seconds(60)
        for key in rows.keys { rows[key]?.changes.removeAll { $0 < start } }
        let keys = rows.keys.sorted()
        let room = max(1, size.rows - 3)
        let shown = keys.prefix(room)
        let heading = "\(rows.count == 1 ? "1 key" : "\(Numbers.grouped(rows.count)) keys") of \(pattern.printable)"
        var head = trouble.map { "\(heading): \($0)" } ?? "\(heading), \(LocalTime.clock(now))"
        if keys.isEmpty { head += "; waiting until there is one" }
        var lines = [head.fitting(size.columns, isUnicode: isUnicode)]
        lines += table(Array(shown), isUnicode: isUnicode, at: now)
            .lines(on: Screen(columns: size.columns, isUnicode: isUnicode))
            .map { $0.fitting(size.columns, isUnicode: isUnicode) }
        let hidden = keys.count - shown.count
        if hidden > 0 {
            lines.append(
                "\(Numbers.grouped(hidden)) more do not fit; a narrower pattern shows fewer"
                    .fitting(size.columns, isUnicode: isUnicode))
        }
        return Array(lines.prefix(size.rows))
    }

    private func table(_ keys: [String], isUnicode: Bool, at now: Timestamp) -> TextTable {
        let all = keys.compactMap { rows[$0] }
        return TextTable(columns: [
            TextTable.Column(title: "key", cells: keys.map(\.printable), isRight: false),
            TextTable.Column(title: "value", cells: all.map(Self.shown)),
            TextTable.Column(title: "changed", cells: all.map { LocalTime.age(of: $0.time, now: now) }),
            TextTable.Column(title: "a minute", cells: all.map { $0.changes.isEmpty ? "" : "\($0.changes.count)" }),
            TextTable.Column(
                title: "of late",
                cells: all.map { $0.numbers.count > 1 ? Bar.sparkline($0.numbers, isUnicode: isUnicode) : "" },
                isRight: false),
        ])
    }

    private static func shown(_ row: Row) -> String {
        let text = Shown.value(row.value, unit: row.unit).fitting(32)
        return row.isStale ? text + " stale" : text
    }
}
