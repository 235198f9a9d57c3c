import KomokuSQLite
import Komoku

/// Some of a key's fresh rows, the oldest: a few whole seals, or, where a seal holds very much, the first rows of one.
struct FreshPiece {
    private let table: FreshTable
    private var rows: [FreshTable.Fresh] = []
    private(set) var points = PointColumns()
    /// How many points the rows held, equal times counted apart.
    private(set) var read = 0
    /// The newest seal of which rows are in it.
    private(set) var seal: Int64 = 0
    /// Whether that seal has more rows.
    private(set) var isCut = false
    /// How late what is in it came.
    private(set) var arrival: Arrival?
    /// Whether no newer seal has rows.
    private(set) var isLast = true

    /// Points from which on a piece is not made larger.
    static let limit = 65_536
    /// Rows that are looked up at a time; one may hold 256 KiB of text.
    private static let rowLimit = 8

    var isEmpty: Bool { rows.isEmpty }

    init(_ table: FreshTable, after: Int64, upTo last: Int64, report: (DamagedBlock) -> Void) throws {
        self.table = table
        for (number, time) in try FreshTable.times(after: after, table.db) where number <= last {
            let found = try table.rows(of: number, limit: Self.rowLimit + 1)
            if found.isEmpty { continue }
            let count = found.reduce(0) { $0 + Block.count(of: $1.data) }
            // Part of a seal is only taken by itself.
            guard isEmpty || (read + count <= Self.limit && found.count <= Self.rowLimit) else {
                isLast = false
                return
            }
            seal = number
            rows = Array(found.prefix(Self.rowLimit))
            isCut = found.count > Self.rowLimit
            for row in rows { try take(row, sealed: time, report) }
            if isCut {
                isLast = false
                return
            }
        }
    }

    private mutating func take(
        _ row: FreshTable.Fresh, sealed time: Int64, _ report: (DamagedBlock) -> Void
    ) throws {
        do {
            let columns = try Block.decode(row.data)
            arrival = Arrival.later(arrival, Arrival(of: columns, at: time))
            read += columns.count
            points.merge(columns)
        } catch {
            report(DamagedBlock(key: table.key, start: .init(microseconds: row.start), reason: "\(error)"))
            read += Block.count(of: row.data)
            try BlockTable(table.db, table.key, .raw).setAside(start: row.start, data: row.data)
        }
    }

    /// Of a seal of which more is left, what was taken goes; all others go at once when the round is through.
    func remove() throws {
        guard isCut else { return }
        for row in rows { try table.delete(seal, start: row.start) }
    }

    /// Leaves in the file what was not taken, as rows of the newest seal: they are newer than all that is merged.
    ///
    /// - Returns: how many points that is.
    func putBack(_ rest: PointColumns) throws -> Int {
        for row in rows { try table.delete(seal, start: row.start) }
        var written = SealResult()
        try table.append(rest, seal: seal, &written)
        return written.points
    }
}
