internal import Komoku
internal import KomokuSQLite

/// The rows of an outbox: `puts(id, count, data)`, where data is JSON, `[["key",value,microseconds],…]`, in the order of the ids.
/// It waits for the disk.
final class OutboxFile {
    struct Change {
        var bytes = 0
        var dropped = 0
        var removed = 0
        var fault: String?
    }

    private let db: Database
    /// What could not be written.
    private var unsaved: [OutboxPut] = []
    /// Of the rows.
    private var (count, bytes) = (0, 0)

    /// "KoOb": marks the file as ours.
    private static let applicationID: Int32 = 0x4B6F_4F62
    /// Of one row, which is read as a whole.
    private static let (putsOfRow, bytesOfRow) = (2048, 1 << 20)

    init(path: String?, survivesPowerCut: Bool) throws {
        db = try Database(path: path, patience: .seconds(2)) { db in
            // Nobody else sends what is in it.
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; PRAGMA auto_vacuum = INCREMENTAL")
            try db.execute(sql: "PRAGMA journal_mode = WAL")
            try db.execute(sql: "PRAGMA synchronous = \(survivesPowerCut ? "FULL" : "NORMAL")")
        }
        let (id, version) = (
            try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
            try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        )
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard isEmpty && id == 0 || id == Self.applicationID && version == 1 else {
            throw OutboxError(description: "it is another database")
        }
        try db.inTransaction {
            try db.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS puts (
                        id INTEGER PRIMARY KEY AUTOINCREMENT, count INTEGER NOT NULL, data BLOB NOT NULL
                    ) STRICT;
                    PRAGMA application_id = \(Self.applicationID);
                    PRAGMA user_version = 1
                    """)
        }
        count = try Int.fetchOne(db, sql: "SELECT coalesce(sum(count), 0) FROM puts") ?? 0
        bytes = try Int.fetchOne(db, sql: "SELECT coalesce(sum(length(data)), 0) FROM puts") ?? 0
    }

    var held: (count: Int, bytes: Int) { (count, bytes) }

    func append(_ puts: [OutboxPut], _ policy: OutboxPolicy, at now: Timestamp) -> Change {
        unsaved += puts
        var change = Change()
        let before = (count, bytes)
        do {
            try db.inTransaction {
                try makeRoom(policy, at: now, &change)
                let rows = Self.rows(of: unsaved[...])
                for row in rows {
                    try db.cachedStatement(sql: "INSERT INTO puts (count, data) VALUES (?, ?)")
                        .execute(arguments: [row.count, row.data])
                    count += row.count
                    bytes += row.data.count
                }
                try dropExcess(policy, &change)
            }
            unsaved = []
        } catch {
            (count, bytes) = before
            change = Change()
            change.fault = "\(error)"
            shrink(policy, &change)
        }
        change.bytes = bytes
        return change
    }

    /// What is too old goes, and where the newest is left out, what finds no room.
    private func makeRoom(_ policy: OutboxPolicy, at now: Timestamp, _ change: inout Change) throws {
        if let age = policy.maximumAge {
            while let row = try oldest(), let newest = Self.puts(of: row.data)?.last?.time, newest < now - age {
                try remove(row, &change)
            }
        }
        guard policy.leavesOut == .newest else { return }
        let room = bytes >= policy.maximumBytes ? 0 : max(0, policy.maximumCount - count)
        if unsaved.count > room {
            change.dropped += unsaved.count - room
            unsaved.removeLast(unsaved.count - room)
        }
    }

    private func dropExcess(_ policy: OutboxPolicy, _ change: inout Change) throws {
        guard policy.leavesOut == .oldest else { return }
        while count > policy.maximumCount || bytes > policy.maximumBytes, let row = try oldest() {
            try remove(row, &change)
        }
    }

    /// Of what is in memory because nothing can be written.
    private func shrink(_ policy: OutboxPolicy, _ change: inout Change) {
        let excess = unsaved.count - max(0, policy.maximumCount - count)
        guard excess > 0 else { return }
        change.dropped += excess
        if policy.leavesOut == .oldest { unsaved.removeFirst(excess) } else { unsaved.removeLast(excess) }
    }

    // MARK: Sending

    func read(atMost most: Int) -> Outbox.Parcel? {
        var puts: [OutboxPut] = []
        var (first, last) = (Int64.max, Int64.min)
        while let row = try? oldest(after: last) {
            guard puts.isEmpty || puts.count + row.count <= most else { break }
            (first, last) = (min(first, row.id), row.id)
            puts += Self.puts(of: row.data) ?? []
        }
        if first <= last { return Outbox.Parcel(rows: first...last, puts: puts) }
        // What is only in memory comes behind what is on disk.
        return unsaved.isEmpty ? nil : Outbox.Parcel(rows: Self.inMemory, puts: Array(unsaved.prefix(most)))
    }

    private static let inMemory: ClosedRange<Int64> = -1 ... -1

    func remove(_ parcel: Outbox.Parcel) -> Change {
        var change = Change()
        if parcel.rows == Self.inMemory {
            // Where they came onto the disk meanwhile, they are sent again, which changes nothing.
            if unsaved.starts(with: parcel.puts) {
                unsaved.removeFirst(parcel.puts.count)
                change.removed = parcel.puts.count
            }
        } else {
            do {
                try db.inTransaction {
                    while let row = try oldest(), parcel.rows.contains(row.id) {
                        let before = change.dropped
                        try remove(row, &change)
                        change.removed += change.dropped - before
                    }
                    try db.execute(sql: "PRAGMA incremental_vacuum(64)")
                }
            } catch {
                change.removed = 0
                change.fault = "\(error)"
                recount()
            }
        }
        change.dropped = 0
        change.bytes = bytes
        return change
    }

    private func recount() {
        count = (try? Int.fetchOne(db, sql: "SELECT coalesce(sum(count), 0) FROM puts")) ?? count
        bytes = (try? Int.fetchOne(db, sql: "SELECT coalesce(sum(length(data)), 0) FROM puts")) ?? bytes
    }

    func close() { try? db.close() }

    // MARK: Rows

    private struct Row {
        var id: Int64 = 0
        let count: Int
        let data: [UInt8]
    }

    private func oldest(after id: Int64 = .min) throws -> Row? {
        let statement = try db.cachedStatement(
            sql: "SELECT id, count, data FROM puts WHERE id > ? ORDER BY id LIMIT 1")
        guard let row = try KomokuSQLite.Row.fetchOne(statement, arguments: [id]) else { return nil }
        return Row(id: row.integer(0), count: Int(clamping: max(0, row.integer(1))), data: row.bytes(2))
    }

    private func remove(_ row: Row, _ change: inout Change) throws {
        try db.cachedStatement(sql: "DELETE FROM puts WHERE id = ?").execute(arguments: [row.id])
        count = max(0, count - row.count)
        bytes = max(0, bytes - row.data.count)
        change.dropped += row.count
    }

    private static func rows(of puts: ArraySlice<OutboxPut>) -> [Row] {
        var rows: [Row] = []
        var (data, count): ([UInt8], Int) = ([], 0)
        func finish() {
            guard count > 0 else { return }
            rows.append(Row(count: count, data: data + [UInt8(ascii: "]")]))
            (data, count) = ([], 0)
        }
        for put in puts {
            data.append(UInt8(ascii: count == 0 ? "[" : ","))
            let time = JSON.number(Double(put.time.microseconds))
            data += Array(JSON.array([.string(put.key), put.value, time]).text.utf8)
            count += 1
            if count >= putsOfRow || data.count >= bytesOfRow { finish() }
        }
        finish()
        return rows
    }

    /// Nil of what nobody can read, as after a damage of the disk.
    private static func puts(of data: [UInt8]) -> [OutboxPut]? {
        (try? JSON(parsing: data))?.array?.compactMap { entry in
            guard let parts = entry.array, parts.count == 3, let key = parts[0].string,
                let time = parts[2].number.flatMap({ Int64(exactly: $0) })
            else { return nil }
            return OutboxPut(key, parts[1], at: Timestamp(microseconds: time))
        }
    }
}
