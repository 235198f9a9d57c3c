import Komoku
import KomokuSQLite
import Logging

/// What a salvage saved and lost, kept in `meta` as JSON.
struct SalvageReport {
    /// Where the damaged file is; nil where it was mended in place.
    let file: String?
    let time: Timestamp
    /// What was wrong, where SQLite could read all of it.
    let findings: [String]
    private(set) var tables: [Table] = []
    /// What the file held at its last clean stop, and what is there now.
    private var said: Inventory?
    private var found = Inventory.Counts()
    /// Keys whose rows were lost, under the names that they have now.
    private var recovered: [KeyName] = []

    struct Table {
        let name: String
        let saved: Int
        /// At least so many; exact where the index of the table can be read.
        let lost: Int
        /// Ranges that could not be read.
        let gaps: Int
    }

    init(file: String?, time: Timestamp, findings: [String] = []) {
        (self.file, self.time, self.findings) = (file, time, findings)
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

    /// Mends what does not agree, counts what is left, and keeps the report.
    mutating func repair(_ db: Database) throws {
        var repair = try SalvageRepair(db)
        try repair.run()
        (said, recovered) = (repair.said, repair.recovered)
        found = try Survey.counts(db)
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES ('salvage', ?)")
            .execute(arguments: [json.storedText])
    }

    // MARK: Telling

    /// How much less of something there is than was said.
    private var losses: [(name: String, said: Int, found: Int)] {
        guard let said else { return [] }
        return Inventory.Count.allCases.map { count in
            (count.rawValue, said[count], found[count.rawValue] ?? 0)
        }
    }

    func log(_ logger: Logger) {
        for table in tables {
            logger.notice(
                "a table was salvaged",
                metadata: [
                    "table": "\(table.name)", "rows.saved": "\(table.saved)", "rows.lost": "\(table.lost)",
                    "places.unreadable": "\(table.gaps)",
                ])
        }
        for loss in losses where loss.found < loss.said {
            logger.error(
                "the database holds less than at its last clean stop",
                metadata: [
                    "what": "\(loss.name)", "then": "\(loss.said)", "now": "\(loss.found)",
                    "lost": "\(loss.said - loss.found)",
                ])
        }
        for name in recovered {
            logger.error("a key whose row is lost has another one", metadata: ["key": "\(name)"])
        }
    }

    private var json: JSON {
        var members = [
            JSON.Member("time", .number(time.seconds)), JSON.Member("file", file.map { .string($0) } ?? .null),
            JSON.Member("findings", .array(findings.map { .string($0) })),
            JSON.Member("tables", .object(tables.map { JSON.Member($0.name, $0.json) })),
            JSON.Member("recovered_keys", .array(recovered.map { .string($0.text) })),
        ]
        if let said {
            members.append(JSON.Member("last_stop", .number(said.time.seconds)))
            let counts = losses.map { loss in
                JSON.Member(
                    loss.name,
                    [
                        "then": .number(Double(loss.said)), "now": .number(Double(loss.found)),
                        "lost": .number(Double(max(0, loss.said - loss.found))),
                    ])
            }
            members.append(JSON.Member("held", .object(counts)))
        }
        return .object(members)
    }

    /// What the file keeps of the last salvage.
    static func stored(_ db: Database) throws -> JSON? {
        let text = try String.fetchOne(db, sql: "SELECT value FROM meta WHERE name = 'salvage'")
        return text.flatMap { try? JSON(parsing: $0) }
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
