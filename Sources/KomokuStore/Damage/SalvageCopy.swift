import KomokuSQLite
import Komoku

/// Copies the rows of one table, as far as they can be read, in the order in which the table keeps them.
///
/// Reads upwards until something cannot be read, downwards from the other end, and halves what is left between.
struct SalvageCopy {
    let name: String
    /// Rows that are in the new table.
    private(set) var saved = 0
    /// Rows that could be read and not be stored.
    private(set) var refused = 0
    /// Gaps of which at least a row cannot be read.
    var gaps: Int { unreadable.count }

    private let columns: [String]
    /// What orders the rows: `rowid`, or the columns of the primary key.
    private let order: [String]
    private let from: Database
    private let to: Database
    private var unreadable = Unreadable()
    /// What is still to be read.
    private var ranges: [Range] = []

    /// So many ranges are looked at in a table that is broken in many places, the larger ones first.
    private static let patience = 2000
    /// So many of those where nobody knows whether there are rows at all.
    private static let guessPatience = 300
    /// Commits after so many rows, to bound memory.
    private static let slice = 2000

    /// - Returns: nil where one of the databases has no such table.
    init?(_ name: String, from: Database, to: Database) throws {
        let wanted = try Row.fetchAll(to, sql: "SELECT name, pk FROM pragma_table_info('\(name)') ORDER BY pk")
        let sql = "SELECT name FROM pragma_table_info('\(name)')"
        let present = Set((try String.fetchAll(from, sql: sql)).map(ByteText.init))
        let columns = wanted.map { $0.text(0) }.filter { present.contains(ByteText($0)) }
        guard !columns.isEmpty else { return nil }
        let isClustered = try Bool.fetchOne(
            to, sql: "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = '\(name)'")
        self.name = name
        self.columns = columns.map { "\"\($0)\"" }
        order = isClustered ?? false ? wanted.filter { $0.integer(1) > 0 }.map { $0.text(0) } : ["rowid"]
        (self.from, self.to) = (from, to)
    }

    mutating func run() throws {
        try to.beginTransaction()
        ranges = [Range(prefix: [], lower: .min, upper: .max)]
        var next = 0
        while next < ranges.count {
            let patience = ranges[next].isGuess ? Self.guessPatience : Self.patience
            if next < patience { try copy(ranges[next]) } else { unreadable.add(ranges[next]) }
            next += 1
        }
        try to.commit()
    }

    // MARK: Ranges

    /// The rows whose first columns of the order are `prefix` and whose next one is between two numbers, both included.
    fileprivate struct Range {
        let prefix: [Int64]
        var lower: Int64
        var upper: Int64
        /// One of its ends was not found.
        var isGuess = false
    }

    /// What cannot be read.
    private struct Unreadable {
        private var ranges: [Range] = []

        mutating func add(_ range: Range) { ranges.append(range) }

        /// Ranges that touch are one gap.
        var count: Int {
            let sorted = ranges.sorted { ($0.prefix + [$0.lower]).lexicographicallyPrecedes($1.prefix + [$1.lower]) }
            let touching = zip(sorted, sorted.dropFirst()).count { before, after in
                before.prefix == after.prefix && before.upper >= after.lower - 1
            }
            return sorted.count - touching
        }
    }

    private mutating func copy(_ range: Range) throws {
        let up = try read(range, "ASC")
        if up.isWhole { return }
        let down = try read(
            Range(prefix: range.prefix, lower: up.last ?? range.lower, upper: range.upper), "DESC", up.key)
        if down.isWhole { return }
        let isLastColumn = range.prefix.count == order.count - 1
        // A value of the last column names one row, and those two are read; before it many rows may share a value.
        let step: Int64 = isLastColumn ? 1 : 0
        guard let bounds = try bounds(order[range.prefix.count], up.last, down.last) else {
            return unreadable.add(range)
        }
        var rest = range
        rest.lower = max(range.lower, up.last.map { $0 + step } ?? bounds.lowerBound)
        rest.upper = min(range.upper, down.last.map { $0 - step } ?? bounds.upperBound)
        if rest.lower > rest.upper { return }
        if rest.lower == rest.upper {
            if isLastColumn { return unreadable.add(rest) }
            ranges.append(Range(prefix: range.prefix + [rest.lower], lower: .min, upper: .max))
        } else if range.lower == .min, range.upper == .max, up.last == nil || down.last == nil {
            ranges += rest.octaves
        } else {
            ranges += rest.halves
        }
    }

    /// Between which numbers rows may be where not even those at the ends can be read; nil where that is unknown.
    private func bounds(_ column: String, _ first: Int64?, _ last: Int64?) throws -> ClosedRange<Int64>? {
        if let first, let last { return first...max(first, last) }
        switch column {
        case "rowid":
            // A page holds at most some hundred rows.
            let pages = try Int64.fetchOne(from, sql: "PRAGMA page_count") ?? 0
            return 0...max(first ?? 0, last ?? 0) + min(pages, 1 << 32) * 500
        case "key", "seal", "source", "target", "kind": return 0...Int64(KeyID.limit)
        case "tier": return 0...255
        default: return nil
        }
    }

    private struct Pass {
        var isWhole = false
        /// The order's columns of the last row that was read.
        var key: [Int64]?
        /// The one of them that the range is about.
        var last: Int64?
    }

    /// Reads until an error, or until a row that is at or before `end`.
    private mutating func read(_ range: Range, _ direction: String, _ end: [Int64]? = nil) throws -> Pass {
        var pass = Pass()
        let cursor: RowCursor
        do { cursor = try rows(range, direction) } catch { return try stopped(error, pass) }
        while true {
            do {
                guard let row = try cursor.next() else {
                    pass.isWhole = true
                    return pass
                }
                let key = (0..<order.count).map { row.integer($0) }
                if let end, !end.lexicographicallyPrecedes(key) {
                    pass.isWhole = true
                    return pass
                }
                // Pages that lead in a circle give a row again.
                guard advances(key, from: pass.key, direction) else { return pass }
                pass.key = key
                pass.last = key[range.prefix.count]
                try insert(row)
            } catch let error as DatabaseError {
                return try stopped(error, pass)
            }
        }
    }

    private func advances(_ key: [Int64], from last: [Int64]?, _ direction: String) -> Bool {
        guard let last else { return true }
        return direction == "ASC" ? last.lexicographicallyPrecedes(key) : key.lexicographicallyPrecedes(last)
    }

    private func stopped(_ error: any Error, _ pass: Pass) throws -> Pass {
        guard let error = error as? DatabaseError else { throw error }
        switch error.resultCode {
        case .corrupt, .ioError, .notADatabase: return pass
        default: throw error
        }
    }

    private func rows(_ range: Range, _ direction: String) throws -> RowCursor {
        let index = range.prefix.count
        let conditions = order[..<index].map { "\($0) = ?" } + ["\(order[index]) BETWEEN ? AND ?"]
        let sorting = order[index...].map { "\($0) \(direction)" }
        let sql = """
            SELECT \((order + columns).joined(separator: ", ")) FROM \(name)
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(sorting.joined(separator: ", "))
            """
        return try RowCursor(
            from.cachedStatement(sql: sql), StatementArguments(range.prefix + [range.lower, range.upper]))
    }

    // MARK: Rows

    /// - Throws: where the new database cannot be written; a row that the table does not take is counted.
    private mutating func insert(_ row: Row) throws {
        let names = columns.joined(separator: ", ")
        let marks = columns.map { _ in "?" }.joined(separator: ", ")
        let statement = try to.cachedStatement(sql: "INSERT OR IGNORE INTO \(name) (\(names)) VALUES (\(marks))")
        let values = (order.count..<(order.count + columns.count)).map { row[$0] as DatabaseValue }
        do {
            try statement.execute(arguments: StatementArguments(values))
        } catch let error as DatabaseError where error.resultCode == .constraint {
            return refused += 1
        } catch let error as DatabaseError {
            // Not to be taken for a range that cannot be read.
            throw Store.Error(opening: "the salvaged database", error)
        }
        if to.changesCount > 0 { saved += 1 }
        if saved % Self.slice == 0 {
            try to.commit()
            try to.beginTransaction()
        }
    }
}

extension SalvageCopy.Range {
    fileprivate var halves: [Self] {
        let half = (UInt64(bitPattern: upper) &- UInt64(bitPattern: lower)) / 2
        let middle = lower &+ Int64(bitPattern: half)
        return [part(lower, middle), part(middle + 1, upper)]
    }

    /// Parts that double: rows begin with small numbers, and how many there are is unknown.
    fileprivate var octaves: [Self] {
        var parts: [Self] = []
        var (start, length) = (lower, Int64(1))
        while start <= upper {
            let end = upper - start < length ? upper : start + length - 1
            var part = part(start, end)
            part.isGuess = true
            parts.append(part)
            guard end < upper else { break }
            (start, length) = (end + 1, length << 1)
        }
        return parts
    }

    private func part(_ lower: Int64, _ upper: Int64) -> Self {
        Self(prefix: prefix, lower: lower, upper: upper, isGuess: isGuess)
    }
}
