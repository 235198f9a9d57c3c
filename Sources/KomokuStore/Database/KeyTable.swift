import KomokuSQLite
import Komoku

/// The keys.
enum KeyTable {
    static func apply(_ batch: Batch, _ db: Database) throws {
        for key in batch.deletedKeys {
            try db.cachedStatement(sql: "DELETE FROM keys WHERE id = ?").execute(arguments: [key.rawValue])
            try db.cachedStatement(sql: "INSERT OR IGNORE INTO retired (key) VALUES (?)")
                .execute(arguments: [key.rawValue])
        }
        guard !batch.keys.isEmpty else { return }
        let statement = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO keys (id, name, type, options, created, source) VALUES (?, ?, ?, ?, ?, ?)")
        for record in batch.keys where !batch.deletedKeys.contains(record.id) {
            try statement.execute(arguments: [
                record.id.rawValue, record.name.text, record.type.rawValue, JSON.object(record.options).storedText,
                record.created.microseconds, record.source,
            ])
        }
        let next = (batch.keys.map { Int64($0.id.rawValue) }.max() ?? -1) + 1
        if next > (try Meta.nextKey.get(db) ?? 0) { try Meta.nextKey.set(next, db) }
    }

    /// The keys by id.
    ///
    /// - Parameter skipped: told of each row that is none.
    static func fetch(_ db: Database, skipped: (Int64, String) -> Void) throws -> [KeyRecord] {
        var records: [KeyRecord] = []
        let rows = try Row.fetchCursor(db, sql: "SELECT id, name, type, options, created, source FROM keys ORDER BY id")
        while let row = try rows.next() {
            let (id, name) = (row.integer(0), row.text(1))
            guard 0..<Int64(KeyID.limit) ~= id, let keyName = KeyName(name),
                let type = KeyType(rawValue: row.text(2)),
                let options = try? JSON(parsing: row.text(3)), case .object(let members) = options
            else {
                skipped(id, name)
                continue
            }
            records.append(
                KeyRecord(
                    id: KeyID(rawValue: Int32(id)), name: keyName, type: type, options: members,
                    created: row.time(4), source: row[5] as String?))
        }
        return records
    }

    /// Some keys by id, without their options.
    ///
    /// - Returns: besides, the last id that was looked at; nil where there are no more. Rows that are no keys are passed over.
    static func fetch(after id: Int32, limit: Int, _ db: Database) throws -> (rows: [Merged], end: Int32?) {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT id, name, type FROM keys WHERE id > ? ORDER BY id LIMIT ?"),
            arguments: [id, limit])
        let found = rows.compactMap { row -> Merged? in
            guard let name = KeyName(row.text(1)), let type = KeyType(rawValue: row.text(2)),
                let id = Int32(exactly: row.integer(0))
            else { return nil }
            return Merged(id: KeyID(rawValue: id), name: name, type: type)
        }
        return (found, rows.last.flatMap { Int32(exactly: $0.integer(0)) })
    }

    static func type(of key: KeyID, _ db: Database) throws -> KeyType? {
        let statement = try db.cachedStatement(sql: "SELECT type FROM keys WHERE id = ?")
        return try String.fetchOne(statement, arguments: [key.rawValue]).flatMap(KeyType.init(rawValue:))
    }

    /// What a merge has to know of a key.
    struct Merged {
        let id: KeyID
        let name: KeyName
        let type: KeyType
    }

    static func retired(_ db: Database) throws -> [KeyID] {
        try Row.fetchAll(db, sql: "SELECT key FROM retired ORDER BY key").compactMap { KeyID($0, 0) }
    }
}

extension JSON {
    /// The text of a column.
    var storedText: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
