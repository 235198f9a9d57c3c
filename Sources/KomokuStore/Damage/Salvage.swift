import KomokuSQLite
import Glibc
import Komoku
import Logging

/// Sets a corrupt database aside and copies what can still be read of it into a new one. See `docs/reliability.md`.
///
/// The lock of the database is held meanwhile. Three names take part, so that a power cut at any moment loses nothing:
/// 1. `NAME.corrupt-TIME.partial` is made: a salvage has begun;
/// 2. `NAME-wal` and `NAME` are renamed to `NAME.corrupt-TIME-wal` and `NAME.corrupt-TIME`;
/// 3. the rows are copied into the partial file;
/// 4. the partial file is synced and renamed to `NAME`.
/// Whoever finds a partial file goes on at 2.
struct Salvage {
    /// Of the database.
    private let path: String
    /// What the corrupt file is called from now on.
    private let aside: String
    private let logger: Logger
    /// What was found where SQLite can read all of it.
    private let findings: [String]

    private init(path: String, aside: String, logger: Logger, findings: [String] = []) {
        (self.path, self.aside, self.logger, self.findings) = (path, aside, logger, findings)
    }

    private var partial: String { aside + Self.partialSuffix }
    private static let partialSuffix = ".partial"

    /// Runs `body`, which opens the database. Where that finds the file corrupt, or that something of it is missing, it is salvaged and
    /// `body` runs once more.
    ///
    /// - Parameter body: throws SQLite's own errors, and `Inspection.Damage` where it is told to inspect; has nothing open then.
    /// - Throws: what `body` throws for other reasons; also where the file is not recognised as ours, and is left as it is.
    static func opening<Opened>(
        _ path: String, logger: Logger, _ body: (_ inspects: Bool) throws -> Opened
    ) throws -> Opened {
        try unfinished(path, logger: logger)?.run()
        try refuseToForget(path)
        do {
            if access(path + markSuffix, F_OK) == 0 { try check(path) }
            return try body(true)
        } catch let damage as Inspection.Damage {
            try salvage(path, damage, logger)
            return try body(false)
        } catch let error as DatabaseError where Self.isCorruption(error) {
            guard try SalvageSource.isOurs(path) else { throw error }
            logger.error(
                "the database is corrupt", metadata: ["store.path": "\(path)", "error": "\(Store.Error.reason(error))"])
            // Where nothing can be read, the file stays where it is.
            try SalvageSource(path).close()
            try Salvage(path: path, aside: aside(path, at: .wallClock), logger: logger).run()
            return try body(false)
        }
    }

    /// Of a file that SQLite can read, but that holds less than it should, or something else.
    private static func salvage(_ path: String, _ damage: Inspection.Damage, _ logger: Logger) throws {
        for finding in damage.findings {
            logger.error("the database is damaged", metadata: ["store.path": "\(path)", "error": "\(finding)"])
        }
        if hasRoom(beside: path) {
            let name = aside(path, at: .wallClock)
            return try Salvage(path: path, aside: name, logger: logger, findings: damage.findings).run()
        }
        logger.error(
            "there is no room to set the damaged database aside: it is mended in place",
            metadata: ["store.path": "\(path)"])
        let database = try Database(path: path)
        var report = SalvageReport(file: nil, time: .wallClock, findings: damage.findings)
        try report.repair(database)
        try database.close()
        report.log(logger)
    }

    /// Whether a second copy of the file fits onto the disk.
    private static func hasRoom(beside path: String) -> Bool {
        var status = statvfs()
        guard statvfs(DatabaseOpening.directory(of: path), &status) == 0 else { return true }
        let free = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return free.overflow || free.partialValue / 10 * 9 > UInt64(max(0, FileSize.of(path)))
    }

    /// Bytes of the smallest page: no database is smaller.
    private static let smallest = 512
    private static let logHeader = 32

    /// SQLite would take a file that is cut to nothing for a new one, and remove its log with what was committed there.
    private static func refuseToForget(_ path: String) throws {
        let isThere = access(path, F_OK) == 0
        let (size, log) = (FileSize.of(path), FileSize.of(path + "-wal"))
        guard size < smallest else { return }
        if log > logHeader {
            let what = !isThere ? "it is missing" : size == 0 ? "it is empty" : "it is cut to \(size) bytes"
            throw Store.Error(
                subject: path, message: "\(what), but its log \(path)-wal holds data",
                remedy: "restore the database from a backup, or move the log away to begin anew")
        }
        if size > 0 {
            throw Store.Error(
                subject: path, message: "it is not a database: it is only \(size) bytes long",
                remedy: "restore it from a backup, move it away to begin anew, or name another file")
        }
    }

    private static let markSuffix = ".damaged"

    /// Remembers that an open database was found corrupt, so that the next start looks through all of it.
    ///
    /// Every start cannot: it reads the whole file, which takes seconds for each 100 MB.
    static func mark(_ path: String) {
        let descriptor = Glibc.open(path + markSuffix, O_WRONLY | O_CREAT | O_CLOEXEC, FileRights.mode)
        if descriptor >= 0 { close(descriptor) }
    }

    private static func check(_ path: String) throws {
        let problem = try SalvageSource.problem(of: path)
        if let problem { throw DatabaseError(resultCode: .corrupt, message: problem) }
        unlink(path + markSuffix)
    }

    static func isCorruption(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        return error.resultCode == .corrupt || error.resultCode == .notADatabase
    }

    private static func aside(_ path: String, at now: Timestamp) -> String {
        var seconds = time_t(now.microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date = (Int(parts.tm_year) + 1900) * 10_000 + (Int(parts.tm_mon) + 1) * 100 + Int(parts.tm_mday)
        let clock = 1_000_000 + Int(parts.tm_hour) * 10_000 + Int(parts.tm_min) * 100 + Int(parts.tm_sec)
        var name = "\(path).corrupt-\(date)T\(String(clock).dropFirst())"
        while access(name, F_OK) == 0 || access(name + partialSuffix, F_OK) == 0 { name += "-again" }
        return name
    }

    /// A salvage that was interrupted.
    private static func unfinished(_ path: String, logger: Logger) throws -> Salvage? {
        let (directory, name) = split(path)
        let prefix = Array((name + ".corrupt-").utf8)
        let found = names(in: directory).filter { entry in
            entry.utf8.starts(with: prefix) && entry.utf8.reversed().starts(with: partialSuffix.utf8.reversed())
        }
        for entry in found.sorted(by: { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }) {
            let aside = "\(directory)/\(entry.dropLast(partialSuffix.count))"
            let salvage = Salvage(path: path, aside: aside, logger: logger)
            // Both are there: somebody put another database in its place.
            if access(path, F_OK) == 0, access(aside, F_OK) == 0 {
                unlink(salvage.partial)
                continue
            }
            return salvage
        }
        return nil
    }

    private func run() throws {
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_CLOEXEC, FileRights.mode)
        guard descriptor >= 0 else { throw failure(partial) }
        close(descriptor)
        try syncDirectory()
        for suffix in ["-wal", "-journal", ""] where access(path + suffix, F_OK) == 0 {
            guard rename(path + suffix, aside + suffix) == 0 else { throw failure(path + suffix) }
        }
        unlink(path + "-shm")
        unlink(path + Self.markSuffix)
        try syncDirectory()
        logger.notice("what can be read of the database is copied", metadata: ["store.aside": "\(aside)"])
        FileRights.tighten(aside)
        unlink(partial)
        FileRights.make(partial)
        let report = try copy()
        try sync(partial)
        guard rename(partial, path) == 0 else { throw failure(path) }
        try syncDirectory()
        report.log(logger)
    }

    private func copy() throws -> SalvageReport {
        let source = try SalvageSource(aside)
        defer { source.close() }
        let target = try Database(path: partial) { db in
            // Whatever interrupts the copy, it begins anew: nothing of it needs to be safe before its end.
            try db.execute(
                sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        }
        defer { try? target.close() }
        try target.inTransaction { try Schema.migrate(target, at: .wallClock) }
        var report = SalvageReport(file: aside, time: .wallClock, findings: findings)
        // Without a transaction: after an error its end would be one too.
        try report.fill(source.database, target)
        try report.repair(target)
        return report
    }
}

// MARK: Files

extension Salvage {
    private func failure(_ path: String) -> Store.Error {
        Store.Error(
            subject: path, message: "a corrupt database cannot be salvaged: \(String(cString: strerror(errno)))",
            remedy: "make room, or let the user of this process write to the directory")
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        return (String(path[..<slash]), String(path[path.utf8.index(after: slash)...]))
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory.isEmpty ? "/" : directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    private func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    private func syncDirectory() throws {
        let directory = Self.split(path).directory
        try sync(directory.isEmpty ? "/" : directory)
    }
}
