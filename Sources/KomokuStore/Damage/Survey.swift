import Komoku
import KomokuSQLite

/// Counts what of the history can be reached, row by row. Reads the whole file: only where something is wrong.
enum Survey {
    static func counts(_ db: Database) throws -> Inventory.Counts {
        let names = try KeyTable.fetch(db, skipped: { _, _ in })
        let keys = Set(names.map(\.id) + (try KeyTable.retired(db)))
        var counts = Inventory.Counts()
        func add(_ count: Inventory.Count, _ number: Int) { counts[count.rawValue, default: 0] += number }
        add(.keys, names.count)
        for (count, tier) in [(Inventory.Count.raw, Tier.raw), (.fiveMinutes, .fiveMinutes), (.hours, .hour)] {
            add(count, try merged(tier, keys, db))
        }
        let journal = try journal(db)
        for key in keys {
            // Of a closed hour what is not merged is left out.
            let fresh = try KeySnapshot(db, key, head: [], report: { _ in }).unmerged.count
            add(.raw, fresh)
            guard let points = journal[key] else { continue }
            let head = HeadPoints(generation: .max, points: PointColumns(sorting: points))
            add(.journal, try KeySnapshot(db, key, head: [head], report: { _ in }).unmerged.count - fresh)
        }
        return counts
    }

    private static func merged(_ tier: Tier, _ keys: Set<KeyID>, _ db: Database) throws -> Int {
        var count = 0
        let blocks = try Row.fetchCursor(
            db, sql: "SELECT key, total(count) FROM blocks WHERE tier = ? GROUP BY key", arguments: [tier.rawValue])
        while let row = try blocks.next() {
            guard let key = KeyID(row, 0), keys.contains(key) else { continue }
            count += row.count(1)
        }
        let tails = try Row.fetchCursor(
            db, sql: "SELECT id >> 2, count FROM tails WHERE id & 3 = ?", arguments: [tier.rawValue])
        while let row = try tails.next() {
            guard let key = KeyID(row, 0), keys.contains(key) else { continue }
            count += row.count(1)
        }
        return count
    }

    /// The points that are only in slots and journal rows.
    private static func journal(_ db: Database) throws -> [KeyID: [Point]] {
        var points: [KeyID: [Point]] = [:]
        for entry in try JournalSlots.replay(sealed: Meta.sealed.get(db) ?? 0, db).entries {
            guard entry.bytes.first != ReceiptRow.version, let puts = try? JournalRow.decode(entry.bytes)
            else { continue }
            for put in puts {
                guard let time = put.pointTime else { continue }
                points[put.key, default: []].append(Point(time: time, value: put.value, provenance: put.provenance))
            }
        }
        return points
    }

    /// How many these are.
    static func journalPoints(_ db: Database) throws -> Int {
        try journal(db).values.reduce(0) { $0 + Set($1.map(\.time)).count }
    }
}
