import KomokuSQLite
import Komoku

/// The events that were not handled yet.
enum EventQueue {
    static func apply(_ batch: Batch, _ db: Database) throws {
        for event in batch.events {
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO queue (id, time, body) VALUES (?, ?, ?)")
                .execute(arguments: [event.id, event.time.microseconds, event.body.storedText])
        }
        for id in batch.handledEvents {
            try db.cachedStatement(sql: "DELETE FROM queue WHERE id = ?").execute(arguments: [id])
        }
    }

    /// In the order of handling.
    static func fetch(_ db: Database) throws -> [QueuedEvent] {
        try Row.fetchAll(db, sql: "SELECT id, time, body FROM queue ORDER BY id").compactMap { row in
            guard row.id(0) == row.integer(0), let body = try? JSON(parsing: row.text(2)) else { return nil }
            return QueuedEvent(id: row.integer(0), body: body, time: row.time(1))
        }
    }
}
