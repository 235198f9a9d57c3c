import KomokuSQLite

/// What a key takes of the file.
package struct KeySize: Hashable, Sendable {
    package var key: KeyID
    /// Of blocks with their summaries, of all tiers, and of what no merge has taken yet; the journal is not counted.
    package var bytes: Int
    /// Points that are stored each for itself, but for those that no merge has taken yet.
    package var points: Int
}

extension Store {
    /// What each key takes, in no order. It looks at every block, and waits for nobody else.
    ///
    /// - Parameter then: runs on a reader thread.
    package func sizes(then: @escaping @Sendable (Result<[KeySize], Error>) -> Void) {
        database.asyncRead { db in
            do {
                then(.success(try KeySizes.read(try db.get())))
            } catch {
                then(.failure(Error(reading: "the sizes of keys", error)))
            }
        }
    }
}

private enum KeySizes {
    static func read(_ db: Database) throws -> [KeySize] {
        let sql = """
            SELECT key, sum(bytes), sum(points) FROM (
                SELECT key, length(data) + length(summary) AS bytes, iif(tier = 0, count, 0) AS points FROM blocks
                UNION ALL
                SELECT id >> 2, length(data) + length(summary), iif(id & 3 = 0, count, 0) FROM tails
                UNION ALL
                SELECT key, length(data), 0 FROM fresh
            ) GROUP BY key
            """
        var sizes: [KeySize] = []
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() {
            guard let key = Int32(exactly: row.integer(0)) else { continue }
            sizes.append(
                KeySize(key: KeyID(rawValue: key), bytes: Int(row.integer(1)), points: Int(row.integer(2))))
        }
        return sizes
    }
}
