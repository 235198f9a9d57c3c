import KomokuSQLite
import Komoku

/// The messages that could not be used: one row for each topic and reason, the newest `limit` of them.
enum DeadLetterTable {
    static let limit = 256

    static func add(_ letters: [DeadLetter], _ db: Database) throws {
        guard !letters.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO dead_letters (topic, reason, payload, count, first, last) VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                ON CONFLICT (topic, reason) DO UPDATE SET
                payload = ?3, count = max(0, min(count, \(Row.limit))) + ?4, last = max(last, ?5)
                """)
        for letter in letters {
            try statement.execute(arguments: [
                letter.topic, letter.reason, letter.payload, letter.count, letter.time.microseconds,
            ])
        }
        try db.execute(
            sql: """
                DELETE FROM dead_letters WHERE id IN
                (SELECT id FROM dead_letters ORDER BY last DESC, id DESC LIMIT -1 OFFSET \(limit))
                """)
    }

    static func clear(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM dead_letters")
    }

    static func count(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM dead_letters") ?? 0
    }

    /// Newest first.
    static func fetch(limit: Int, _ db: Database) throws -> [DeadLetter] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT topic, reason, payload, count, last FROM dead_letters ORDER BY last DESC, id DESC LIMIT ?",
            arguments: [max(0, limit)])
        return rows.map { row in
            DeadLetter(
                topic: row.text(0), payload: row.bytes(2), reason: row.text(1),
                time: row.time(4), count: row.count(3))
        }
    }
}
