import KomokuSQLite
package import Komoku

/// A point that the hub dated by a clock that was ahead.
package struct MisdatedPoint: Hashable, Sendable {
    package let key: KeyID
    package let time: Timestamp

    package init(key: KeyID, time: Timestamp) {
        (self.key, self.time) = (key, time)
    }
}

/// The points that are no forecasts though they are, or were, ahead of the clock.
enum MisdatedTable {
    static func apply(_ batch: Batch, _ db: Database) throws {
        for key in batch.deletedKeys {
            try db.cachedStatement(sql: "DELETE FROM misdated WHERE key = ?").execute(arguments: [key.rawValue])
        }
        for point in batch.misdated where !batch.deletedKeys.contains(point.key) {
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO misdated (key, time) VALUES (?, ?)")
                .execute(arguments: [point.key.rawValue, point.time.microseconds])
        }
    }

    static func fetch(_ db: Database) throws -> [MisdatedPoint] {
        var points: [MisdatedPoint] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT key, time FROM misdated")
        while let row = try rows.next() {
            guard let key = KeyID(row, 0) else { continue }
            points.append(MisdatedPoint(key: key, time: row.time(1)))
        }
        return points
    }
}
