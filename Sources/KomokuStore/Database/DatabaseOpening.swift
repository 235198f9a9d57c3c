import Glibc
import KomokuSQLite
import Komoku
import KomokuSystem

/// Opens the SQLite database of a store, or refuses and leaves the file as it is.
enum DatabaseOpening {
    /// - Parameter path: of a file whose lock is held; nil is a database in memory.
    /// - Throws: `Store.Error` where the file is refused, else SQLite's own errors.
    static func open(_ path: String?, durability: Store.Durability) throws -> DatabasePool {
        if let path {
            try check(path)
            FileRights.make(path)
            FileRights.tighten(path)
        }
        let database = try connect(path)
        do {
            try prepare(database, path ?? "the database in memory", durability)
        } catch {
            try? database.close()
            throw error
        }
        return database
    }

    private static func prepare(
        _ database: DatabasePool, _ subject: String, _ durability: Store.Durability
    ) throws {
        try database.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = \(durability == .full ? "FULL" : "NORMAL")")
        }
        try database.write { db in
            if let refusal = try Schema.refusal(db) {
                throw Store.Error(subject: subject, message: refusal.message, remedy: refusal.remedy)
            }
            try Schema.migrate(db, at: Timestamp.wallClock)
        }
    }

    private static func connect(_ path: String?) throws -> DatabasePool {
        guard let path else { return try DatabasePool(path: nil, prepare: prepare) }
        // One for short questions, two for long ones.
        return try DatabasePool(path: path, readers: 3) { db in
            try prepare(db)
            guard !db.isReadOnly else { return }
            // A file system without shared memory cannot have a log.
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else {
                throw DatabaseError(resultCode: .error, message: "its journal cannot be a write-ahead log")
            }
        }
    }

    private static func prepare(_ db: Database) throws {
        if db.isReadOnly {
            // A reader that checkpoints beside the writer meets SQLite's WAL-reset bug (before 3.51.3).
            return try db.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -512")
        }
        // Before the journal mode and the first table; later it is ignored, but takes room on the disk.
        if try Int.fetchOne(db, sql: "PRAGMA page_count") == 0 {
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
        }
        // Debian builds SQLite so that it writes zeros over what is deleted.
        try db.execute(sql: "PRAGMA secure_delete = OFF; PRAGMA cache_size = -2048")
        // A commit that waits for another program looks up, and is tried again: the writer sees when it has to stop.
        try db.execute(sql: "PRAGMA busy_timeout = 1000")
        // Slots are written over many times: the later the log is copied into the file, the fewer pages that are.
        try db.execute(sql: "PRAGMA journal_size_limit = 16777216; PRAGMA wal_autocheckpoint = 4000")
    }

    /// Looks at a file without writing to it.
    private static func check(_ path: String) throws {
        var status = stat()
        guard stat(path, &status) == 0 else { return try checkDirectory(of: path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw Store.Error(subject: path, message: "it is not a file", remedy: "name a file for the database")
        }
        guard access(path, R_OK | W_OK) == 0 else {
            throw Store.Error(
                subject: path, message: "it cannot be written: \(String(cString: strerror(errno)))",
                remedy: "let the user of this process write to it")
        }
        if status.st_size == 0 { return }
        let refusal: (message: String, remedy: String)?
        do {
            let database = try Database(path: path, isReadOnly: true, patience: .seconds(5))
            refusal = try database.inTransaction(.snapshot) { try Schema.refusal(database) }
            try database.close()
        } catch let error as DatabaseError where error.resultCode == .readOnly {
            // Creating it was interrupted, which only a connection that writes can mend; it is checked again then.
            return
        }
        if let refusal { throw Store.Error(subject: path, message: refusal.message, remedy: refusal.remedy) }
    }

    private static func checkDirectory(of path: String) throws {
        let directory = directory(of: path)
        var status = stat()
        guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw Store.Error(
                subject: path, message: "the directory \(directory) does not exist",
                remedy: "create it, or name another file")
        }
    }

    static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// The path of a file behind symbolic links, so that each way to it meets the same lock.
    static func canonicalPath(_ path: String) throws(Store.Error) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        do { try checkDirectory(of: path) } catch let error as Store.Error { throw error } catch { return path }
        guard let real = realpath(directory(of: path), nil) else { return path }
        defer { free(real) }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.utf8.index(after: $0)...] } ?? path[...]
        let directory = String(cString: real)
        return directory == "/" ? "/\(name)" : "\(directory)/\(name)"
    }
}

extension Timestamp {
    /// What the system's clock says.
    static var wallClock: Timestamp { WallClock.now }
}
