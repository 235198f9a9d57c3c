import KomokuSQLite

/// The discovery messages that devices are made of before a broker has spoken.
enum DiscoveryTable {
    static func apply(_ writes: [DiscoveryWrite], _ db: Database) throws {
        for message in writes {
            if let payload = message.payload {
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO discoveries (topic, payload) VALUES (?, ?)")
                    .execute(arguments: [message.topic, payload])
            } else {
                try db.cachedStatement(sql: "DELETE FROM discoveries WHERE topic = ?")
                    .execute(arguments: [message.topic])
            }
        }
    }

    static func fetch(_ db: Database) throws -> [DiscoveryWrite] {
        let rows = try Row.fetchAll(db, sql: "SELECT topic, payload FROM discoveries ORDER BY topic")
        return rows.map { DiscoveryWrite(topic: $0.text(0), payload: $0.bytes(1)) }
    }
}
