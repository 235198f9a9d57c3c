import KomokuSQLite
import Komoku

/// The tables and how older ones become them. See `docs/store-format.md`.
enum Schema {
    /// "Komo": marks the file as ours.
    static let applicationID: Int32 = 0x4B6F_6D6F
    /// What `PRAGMA user_version` is after `migrate`.
    static let version = migrations.count

    /// The migration at index n leads from version n to n + 1.
    private static let migrations = [first, second, third, fourth, fifth, sixth, seventh, eighth, ninth]

    private static let first = """
        CREATE TABLE keys (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, options TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE retired (key INTEGER PRIMARY KEY) STRICT;
        CREATE TABLE journal (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
        CREATE TABLE blocks (
            key INTEGER NOT NULL, tier INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            count INTEGER NOT NULL, summary BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (key, tier, start)
        ) STRICT;
        CREATE TABLE lasts (id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;
        CREATE TABLE queue (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
        CREATE TABLE cells (
            behaviour TEXT NOT NULL, id TEXT NOT NULL, data TEXT NOT NULL, due INTEGER, failure TEXT,
            PRIMARY KEY (behaviour, id)
        ) STRICT;
        CREATE TABLE dead_letters (
            id INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL, payload BLOB NOT NULL,
            count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, UNIQUE (topic, reason)
        ) STRICT;
        CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT;
        """

    /// Seals write to `fresh`; full blocks, the tails that do not fill one, and the tiers come from there.
    private static let second = """
        CREATE TABLE seals (
            seal INTEGER PRIMARY KEY, time INTEGER NOT NULL, points INTEGER NOT NULL, bytes INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE fresh (
            seal INTEGER NOT NULL, key INTEGER NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (seal, key, start)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE tails (
            id INTEGER PRIMARY KEY, start INTEGER NOT NULL, "end" INTEGER NOT NULL, count INTEGER NOT NULL,
            summary BLOB NOT NULL, data BLOB NOT NULL
        ) STRICT;
        CREATE TABLE slots (id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
        CREATE TABLE progress (key INTEGER PRIMARY KEY, seal INTEGER NOT NULL, horizon INTEGER) STRICT;
        CREATE TABLE totals (
            tier INTEGER PRIMARY KEY, blocks INTEGER NOT NULL, count INTEGER NOT NULL, bytes INTEGER NOT NULL
        ) STRICT;
        INSERT INTO totals SELECT tier, count(*), sum(count), sum(length(data)) FROM blocks GROUP BY tier;
        \(counting("blocks", tier: "tier"))
        \(counting("tails", tier: "id & 3"))
        """

    /// Both are ordered by bytes, as SQLite does unless told otherwise.
    private static let third = """
        CREATE TABLE devices (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;
        CREATE TABLE discoveries (topic TEXT PRIMARY KEY, payload BLOB NOT NULL) STRICT;
        """

    private static let fourth = """
        CREATE TABLE runs (
            id INTEGER PRIMARY KEY, rule TEXT NOT NULL, outcome TEXT NOT NULL, time INTEGER NOT NULL,
            keys TEXT NOT NULL, data TEXT NOT NULL
        ) STRICT;
        """

    private static let fifth = [misdated, coverage, outages, replacements, totals].joined(separator: "\n")

    /// Rows of `fresh` in the order in which they were added: those of a table by place take a page of their own for what is over
    /// a kilobyte, and the pages of one that only grows at its end stay half empty.
    private static let sixth = """
        DROP INDEX IF EXISTS fresh_place;
        ALTER TABLE fresh RENAME TO fresh_by_place;
        CREATE TABLE fresh (
            seal INTEGER NOT NULL, key INTEGER NOT NULL, start INTEGER NOT NULL, data BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX fresh_place ON fresh (seal, key, start);
        INSERT INTO fresh SELECT seal, key, start, data FROM fresh_by_place ORDER BY seal, key, start;
        DROP TABLE fresh_by_place;
        """

    /// Who may come in.
    private static let seventh = ["users", "tokens"].map { table in
        """
        CREATE TABLE IF NOT EXISTS \(table) (
            name TEXT PRIMARY KEY, secret TEXT NOT NULL, reading TEXT, writing TEXT, admin INTEGER NOT NULL,
            created INTEGER NOT NULL, expires INTEGER, used INTEGER
        ) STRICT;
        """
    }.joined(separator: "\n")

    /// What clients keep, and the texts that files of rules had.
    private static let eighth = """
        CREATE TABLE IF NOT EXISTS documents (
            owner TEXT NOT NULL, name TEXT NOT NULL, revision INTEGER NOT NULL, time INTEGER NOT NULL,
            content TEXT NOT NULL, PRIMARY KEY (owner, name)
        ) STRICT;
        CREATE TABLE IF NOT EXISTS rule_versions (
            file TEXT NOT NULL, version INTEGER NOT NULL, time INTEGER NOT NULL, author TEXT NOT NULL,
            note TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (file, version)
        ) STRICT;
        """

    /// Who is logged in to the web page.
    private static let ninth = """
        CREATE TABLE IF NOT EXISTS sessions (
            cookie TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, proof TEXT NOT NULL,
            began INTEGER NOT NULL, used INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Of what is there it is not known who gave a newest put its time.
    private static let misdated = """
        CREATE TABLE IF NOT EXISTS misdated (key INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (key, time))
            STRICT, WITHOUT ROWID;
        INSERT OR IGNORE INTO meta (name, value) SELECT 'undated', 1 WHERE EXISTS (SELECT 1 FROM keys);
        """

    /// What each tier covers, and when late points came, is written down. Where buckets of 5 minutes began was taken from the
    /// first one so far; `summary` was never read.
    private static let coverage = """
        CREATE TABLE IF NOT EXISTS copies (
            source INTEGER NOT NULL, target INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (source, target)
        ) STRICT, WITHOUT ROWID;
        UPDATE progress SET five_minutes = (
            SELECT fine + 3599999999 - (fine + 3599999999) % 3600000000 FROM (SELECT
                coalesce((SELECT min(start) FROM blocks WHERE key = progress.key AND tier = 1),
                    (SELECT start FROM tails WHERE id = progress.key * 4 + 1)) AS fine,
                coalesce((SELECT min(start) FROM blocks WHERE key = progress.key AND tier = 2),
                    (SELECT start FROM tails WHERE id = progress.key * 4 + 2)) AS coarse)
            WHERE fine - fine % 3600000000 > coarse AND fine > 0
        ) WHERE horizon IS NOT NULL;
        """

    /// When nobody watched; without an end it lasts.
    private static let outages = """
        CREATE TABLE IF NOT EXISTS outages (
            kind INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER, PRIMARY KEY (kind, start)
        ) STRICT, WITHOUT ROWID;
        """

    /// Counts are brought into their bounds: those of a damaged row would add up to what no column takes, and nothing could be
    /// removed any more.
    private static let totals = """
        DROP TRIGGER IF EXISTS blocks_added; DROP TRIGGER IF EXISTS blocks_removed; DROP TRIGGER IF EXISTS blocks_changed;
        DROP TRIGGER IF EXISTS tails_added; DROP TRIGGER IF EXISTS tails_removed; DROP TRIGGER IF EXISTS tails_changed;
        \(counting("blocks", tier: "tier"))
        \(counting("tails", tier: "id & 3"))
        """

    /// Fills `totals` anew.
    static let countingAll = """
        INSERT INTO totals SELECT tier, count(*), sum(min(max(count, 0), \(Block.maximumCount))), sum(bytes) FROM (
            SELECT tier, count, length(data) AS bytes FROM blocks
            UNION ALL SELECT id & 3, count, length(data) FROM tails
        ) GROUP BY tier
        """

    /// Where a counter begins anew because its meter was replaced.
    private static let replacements = """
        CREATE TABLE IF NOT EXISTS replacements (key INTEGER NOT NULL, time INTEGER NOT NULL, PRIMARY KEY (key, time))
            STRICT, WITHOUT ROWID;
        """

    /// Keeps `totals` right, so that nobody has to read a large file to say what is in it.
    private static func counting(_ table: String, tier: String) -> String {
        let (new, old) = ("new.\(tier)", "old.\(tier)")
        func points(_ row: String) -> String { "min(max(\(row).count, 0), \(Block.maximumCount))" }
        func bounded(_ column: String) -> String { "min(max(\(column), 0), \(Row.limit))" }
        let add = """
            INSERT INTO totals VALUES (\(new), 1, \(points("new")), length(new.data)) ON CONFLICT (tier) DO UPDATE
            SET blocks = \(bounded("blocks")) + 1, count = \(bounded("count")) + excluded.count,
            bytes = \(bounded("bytes")) + excluded.bytes;
            """
        let remove = """
            UPDATE totals SET blocks = \(bounded("blocks")) - 1, count = \(bounded("count")) - \(points("old")),
            bytes = \(bounded("bytes")) - length(old.data) WHERE tier = \(old);
            """
        return """
            CREATE TRIGGER \(table)_added AFTER INSERT ON \(table) BEGIN \(add) END;
            CREATE TRIGGER \(table)_removed AFTER DELETE ON \(table) BEGIN \(remove) END;
            CREATE TRIGGER \(table)_changed AFTER UPDATE ON \(table) BEGIN \(remove) \(add) END;
            """
    }

    /// Columns of tables that there were before, all may be null, and the version from which on a file gets them.
    private static let columns = [
        ("progress", "five_minutes", "INTEGER"), ("progress", "hours", "INTEGER"), ("blocks", "arrived", "INTEGER"),
        ("tails", "arrived", "INTEGER"), ("progress", "counting", "TEXT"),
        // What of the configuration feeds a key; null is not known.
        ("keys", "source", "TEXT"),
    ]
    private static let columnsSince = 4

    private static func addColumns(_ db: Database) throws {
        for (table, column, type) in columns {
            let isThere = try Row.fetchOne(
                db, sql: "SELECT 1 FROM pragma_table_info(?) WHERE name = ?", arguments: [table, column])
            if isThere == nil { try db.execute(sql: "ALTER TABLE \(table) ADD COLUMN \(column) \(type)") }
        }
    }

    /// Whether a file is ours and not newer than this software.
    ///
    /// - Returns: the reason why it must be left alone; nil if it may be opened.
    static func refusal(_ db: Database) throws -> (message: String, remedy: String)? {
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let isEmpty = try !(Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM sqlite_schema)") ?? false)
        if application != applicationID, !(isEmpty && application == 0) {
            return ("it is a database of another application", "name another file")
        }
        if found > version {
            return (
                "its schema \(found) is newer than the \(version) that this version of Komoku knows",
                "install the newer version again, or name another file"
            )
        }
        return nil
    }

    static func migrate(_ db: Database, at now: Timestamp) throws {
        let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard found < version else { return }
        for (index, migration) in migrations.enumerated() where index >= found {
            if index == Self.columnsSince { try addColumns(db) }
            try db.execute(sql: migration)
        }
        if found == 0 {
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            try Meta.created.set(now.microseconds, db)
        }
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }
}

/// The numbers of the `meta` table.
enum Meta: String {
    /// When the database was made, in microseconds.
    case created
    /// The number of the newest generation whose points are all in blocks.
    case sealed
    /// The lowest key id that was never used.
    case nextKey = "next_key"
    /// How many points are in raw blocks, tails and fresh rows.
    case points
    /// Points that the retention dropped, and those that went because the file was too large.
    case expired
    case capped
    /// Points that came for hours that are summed up.
    case leftOut = "left_out"
    /// Up to when the retention trusts the clock, in microseconds.
    case retained
    /// Set until the first seal after the migration: it is not known who gave newest puts their times.
    case undated
    /// The last sign of life of the hub, in microseconds.
    case alive
    /// When the last merge pass ended, in microseconds.
    case merged
    /// 1 while there are users or tokens.
    case closed
    /// The newest revision of a document.
    case documents

    /// Nil where there is none, or none that can be right.
    func get(_ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE name = ?")
        let number = try Int64.fetchOne(statement, arguments: [rawValue])
        return number.flatMap { (-Row.limit...Row.limit).contains($0) ? $0 : nil }
    }

    func set(_ number: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
        try statement.execute(arguments: [rawValue, number])
    }
}
