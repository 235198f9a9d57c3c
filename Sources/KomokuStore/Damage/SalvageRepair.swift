import Komoku
import KomokuSQLite

/// Makes the tables of a damaged database agree with each other where rows of one are lost or wrong. Takes nothing away that holds
/// history.
struct SalvageRepair {
    let db: Database
    /// What the file held at its last clean stop; nil where nobody knows.
    let said: Inventory?
    /// Keys whose rows were lost, under the names that they have now.
    private(set) var recovered: [KeyName] = []

    init(_ db: Database) throws {
        self.db = db
        if case .found(let said) = try Inventory.stored(db) { self.said = said } else { said = nil }
    }

    mutating func run() throws {
        try db.beginTransaction()
        do {
            try restoreNumbers()
            try listSeals()
            try recoverKeys()
            try mendProgress()
            try countAnew()
            try Inventory.remove(db)
            try db.commit()
        } catch {
            db.rollback()
            throw error
        }
    }

    /// What `meta` said, where it says nothing that can be right.
    private func restoreNumbers() throws {
        for (name, number) in said?.meta ?? [:] {
            guard let meta = Meta(rawValue: name), meta != .points, try meta.get(db) != number else { continue }
            try meta.set(number, db)
        }
        // A key's number is never used again, nor is a seal's: what is at or below the watermark is no longer in the head.
        try raise(
            .nextKey,
            to: [
                "SELECT max(id) FROM keys", "SELECT max(key) FROM retired", "SELECT max(key) FROM blocks",
                "SELECT max(id) >> 2 FROM tails", "SELECT max(key) FROM fresh",
            ], below: Int64(KeyID.limit), plus: 1)
        guard said == nil else { return }
        try raise(
            .sealed,
            to: ["SELECT max(seal) FROM seals", "SELECT max(seal) FROM fresh", "SELECT max(seal) FROM progress"],
            below: Int64(Int32.max), plus: 0)
    }

    /// - Parameter limit: numbers of a damaged row must not push those of the future out of their range.
    private func raise(_ meta: Meta, to questions: [String], below limit: Int64, plus more: Int64) throws {
        let found = try questions.compactMap { try Int64.fetchOne(db, sql: $0) }.filter { 0..<limit ~= $0 }.max() ?? 0
        if try found + more > meta.get(db) ?? 0 { try meta.set(found + more, db) }
    }

    private func listSeals() throws {
        let sealed = try Meta.sealed.get(db) ?? 0
        try db.execute(sql: "DELETE FROM seals WHERE seal > ? OR seal < 0", arguments: [sealed])
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO seals (seal, time, points, bytes)
                SELECT seal, 0, 0, sum(length(data)) FROM fresh WHERE seal BETWEEN 0 AND ?1 GROUP BY seal
                """, arguments: [sealed])
        // A seal that was never made: its points are taken for those of the newest one.
        try db.execute(
            sql: "UPDATE OR IGNORE fresh SET seal = ?1 WHERE seal > ?1 OR seal < 0", arguments: [sealed])
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO seals (seal, time, points, bytes)
                SELECT seal, 0, 0, sum(length(data)) FROM fresh WHERE seal = ?1 GROUP BY seal
                """, arguments: [sealed])
    }

    /// What triggers and the writer keep.
    private func countAnew() throws {
        try db.execute(sql: "DELETE FROM meta WHERE name = 'points'")
        try db.execute(sql: "DELETE FROM totals; \(Schema.countingAll)")
        for seal in try FreshTable.seals(db) {
            let rows = try Row.fetchCursor(
                db, sql: "SELECT data FROM fresh WHERE seal = ?", arguments: [seal])
            var points = 0
            while let row = try rows.next() { points += Block.count(of: row.bytes(0)) }
            try db.execute(sql: "UPDATE seals SET points = ? WHERE seal = ?", arguments: [points, seal])
        }
        try BlockTable.setTotal(Survey.counts(db)[Inventory.Count.raw.rawValue] ?? 0, db)
    }

    // MARK: Keys

    /// Each key that has history gets a row again: what is lost of it is made up.
    private mutating func recoverKeys() throws {
        for id in try keysWithHistory() {
            let row = try Row.fetchOne(
                db, sql: "SELECT name, type, options, created FROM keys WHERE id = ?", arguments: [id.rawValue])
            let type = row.flatMap { KeyType(rawValue: $0.text(1)) }
            let options = row.flatMap { try? JSON(parsing: $0.text(2)) }.flatMap(\.object)
            if let row, KeyName(row.text(0)) != nil, type != nil, options != nil { continue }
            guard let name = row.flatMap({ KeyName($0.text(0)) }) ?? KeyName("recovered.key_\(id.rawValue)") else {
                continue
            }
            let record = KeyRecord(
                id: id, name: name, type: try type ?? Self.type(of: id, db), options: options ?? [],
                created: row?.time(3) ?? Timestamp(microseconds: 0))
            var batch = Batch()
            batch.keys = [record]
            try KeyTable.apply(batch, db)
            recovered.append(name)
        }
        // What is left that is no key holds nothing.
        var none: [Int64] = []
        _ = try KeyTable.fetch(db) { id, _ in none.append(id) }
        for id in none { try db.execute(sql: "DELETE FROM keys WHERE id = ?", arguments: [id]) }
    }

    private func keysWithHistory() throws -> [KeyID] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT key FROM (SELECT key FROM blocks UNION SELECT id >> 2 FROM tails UNION SELECT key FROM fresh
                UNION SELECT key FROM progress UNION SELECT id FROM keys)
                WHERE key NOT IN (SELECT key FROM retired) ORDER BY key
                """
        ).compactMap { KeyID($0, 0) }
    }

    /// What its values are; of one that has none it does not matter.
    private static func type(of key: KeyID, _ db: Database) throws -> KeyType {
        for tier in Tier.summaries {
            let bucket = try TierReader(db, key, tier, report: { _ in }).last(before: .max)
            if bucket?.summary.counter != nil { return .counter }
        }
        switch try KeySnapshot(db, key, head: [], report: { _ in }).newestValue()?.value {
        case .boolean: return .boolean
        case .string: return .string
        case .number, nil: return .numeric
        }
    }
}
