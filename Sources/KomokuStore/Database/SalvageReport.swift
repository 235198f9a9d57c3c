import KomokuSQLite
import Komoku

/// What a salvage saved and lost, kept in `meta` as JSON.
struct SalvageReport {
    /// Where the corrupt file is.
    let file: String
    let time: Timestamp
    private(set) var tables: [Table] = []

    struct Table {
        let name: String
        let saved: Int
        /// At least so many; exact where the index of the table can be read.
        let lost: Int
        /// Places that could not be read.
        let gaps: Int
    }

    init(file: String, time: Timestamp) {
        (self.file, self.time) = (file, time)
    }

    /// What other tables say already, kept by triggers.
    private static let derived = ["totals"]

    /// Copies all tables.
    mutating func fill(_ from: Database, _ to: Database) throws {
        let names = try String.fetchAll(
            to,
            sql: """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name NOT IN ('\(Self.derived.joined(separator: "', '"))') ORDER BY rowid
                """)
        for name in names {
            guard var copy = try SalvageCopy(name, from: from, to: to) else {
                tables.append(Table(name: name, saved: 0, lost: 0, gaps: 1))
                continue
            }
            try copy.run()
            // SQLite counts the entries of an index where there is one.
            let all = copy.gaps + copy.refused == 0 ? nil : try? Int.fetchOne(from, sql: "SELECT count(*) FROM \(name)")
            let lost = max(copy.gaps + copy.refused, (all ?? 0) - copy.saved)
            tables.append(Table(name: name, saved: copy.saved, lost: lost, gaps: copy.gaps))
        }
    }

    func store(_ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES ('salvage', ?)")
        try statement.execute(arguments: [json.storedText])
    }

    var json: JSON {
        .object([
            JSON.Member("time", .number(time.seconds)), JSON.Member("file", .string(file)),
            JSON.Member("tables", .object(tables.map { JSON.Member($0.name, $0.json) })),
        ])
    }
}

extension SalvageReport.Table {
    fileprivate var json: JSON {
        .object([
            JSON.Member("saved", .number(Double(saved))), JSON.Member("lost", .number(Double(lost))),
            JSON.Member("gaps", .number(Double(gaps))),
        ])
    }
}

/// Makes the tables of a salvaged database agree with each other where rows of one are lost.
enum SalvageRepair {
    static func run(_ db: Database) throws {
        try db.inTransaction {
            let tables = try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"))
            // Counted anew where it is asked for.
            try db.execute(sql: "DELETE FROM meta WHERE name = 'points'")
            // A key's number is never used again.
            let keyed = [("blocks", "max(key)"), ("tails", "max(id) >> 2"), ("fresh", "max(key)")]
                .filter { tables.contains($0.0) }.map { "SELECT \($0.1) FROM \($0.0)" }
            try raise(.nextKey, to: ["SELECT max(id) FROM keys", "SELECT max(key) FROM retired"] + keyed, plus: 1, db)
            // Nor is a seal's: what is at or below the watermark is no longer in the head.
            let sealed = [("seals", "seal"), ("fresh", "seal"), ("progress", "seal")].filter { tables.contains($0.0) }
            try raise(.sealed, to: sealed.map { "SELECT max(\($0.1)) FROM \($0.0)" }, plus: 0, db)
            if tables.isSuperset(of: ["seals", "fresh"]) {
                try db.execute(
                    sql: """
                        INSERT OR IGNORE INTO seals (seal, time, points, bytes)
                        SELECT seal, 0, 0, sum(length(data)) FROM fresh GROUP BY seal
                        """)
            }
        }
    }

    private static func raise(_ meta: Meta, to questions: [String], plus more: Int64, _ db: Database) throws {
        let found = try questions.compactMap { try Int64.fetchOne(db, sql: $0) }.max() ?? 0
        // Numbers of a damaged row must not push those of the future out of their range.
        let bounded = min(max(0, found), Int64(Int32.max) - 1) + more
        if bounded > (try meta.get(db) ?? 0) { try meta.set(bounded, db) }
    }
}
