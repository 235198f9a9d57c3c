import GRDB
import Komoku

/// The tables and how older ones become them. See `docs/store-format.md`.
enum Schema {
    /// "Komo": marks the file as ours.
    static let applicationID: Int32 = 0x4B6F_6D6F
    /// What `PRAGMA user_version` is after `migrate`.
    static let version = migrations.count

    /// The migration at index n leads from version n to n + 1.
    private static let migrations = [first]

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
        for migration in migrations[max(0, found)...] { try db.execute(sql: migration) }
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
    /// How many points are in blocks.
    case points

    func get(_ db: Database) throws -> Int64? {
        let statement = try db.cachedStatement(sql: "SELECT value FROM meta WHERE name = ?")
        return try Int64.fetchOne(statement, arguments: [rawValue])
    }

    func set(_ number: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)")
        try statement.execute(arguments: [rawValue, number])
    }
}
