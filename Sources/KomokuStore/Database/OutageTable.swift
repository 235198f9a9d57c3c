import KomokuSQLite
import Komoku

/// The outages, a few thousand at most.
enum OutageTable {
    static func apply(_ writes: [OutageWrite], _ db: Database) throws {
        guard !writes.isEmpty else { return }
        for write in writes {
            let (kind, start) = (write.outage.kind.rawValue, write.outage.start.microseconds)
            if write.isWithdrawn {
                try db.cachedStatement(sql: "DELETE FROM outages WHERE kind = ? AND start = ?")
                    .execute(arguments: [kind, start])
            } else {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO outages (kind, start, \"end\") VALUES (?, ?, ?)")
                    .execute(arguments: [kind, start, write.outage.end?.microseconds])
            }
        }
        let count = try Int64.fetchOne(db, sql: "SELECT count(*) FROM outages") ?? 0
        guard count > OutageBook.limit else { return }
        try db.cachedStatement(
            sql: """
                DELETE FROM outages WHERE (kind, start) IN
                (SELECT kind, start FROM outages ORDER BY start LIMIT ?)
                """
        ).execute(arguments: [count - Int64(OutageBook.limit)])
    }

    static func fetch(_ db: Database) throws -> [Outage] {
        try Row.fetchAll(db, sql: "SELECT kind, start, \"end\" FROM outages ORDER BY start").compactMap { row in
            guard let kind = Outage.Kind(rawValue: row.integer(0)) else { return nil }
            return Outage(
                kind, start: row.time(1), end: row.timeIfAny(2))
        }
    }
}
