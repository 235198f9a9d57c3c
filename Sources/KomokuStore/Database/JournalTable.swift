import FoundationEssentials
import GRDB
import Komoku

/// The puts that are not in blocks yet, one or a few rows a commit.
enum JournalTable {
    static func append(_ rows: [[UInt8]], _ db: Database) throws {
        guard !rows.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "INSERT INTO journal (data) VALUES (?)")
        for row in rows { try statement.execute(arguments: [Data(row)]) }
    }

    static func clear(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM journal")
    }

    /// Gives the puts of each row, in the order of the commits.
    static func replay(_ db: Database, row: (Int64, Result<[Put], Corruption>, _ bytes: Int) -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT id, data FROM journal ORDER BY id")
        while let next = try rows.next() {
            let bytes = next.bytes(1)
            row(next[0], Result { () throws(Corruption) in try JournalRow.decode(bytes) }, bytes.count)
        }
    }
}
