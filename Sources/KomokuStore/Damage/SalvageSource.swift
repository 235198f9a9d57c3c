import KomokuSQLite
import Glibc
import Komoku

/// A corrupt database, opened for reading as far as that goes. Its own bytes are never changed.
///
/// Where SQLite does not take it for a database, a copy is read whose first bytes, or pages with the schema, are those of a new
/// database: the tables of one schema always begin in the same pages.
struct SalvageSource {
    let database: Database
    private let path: String
    private let copy: String?

    private static let page = 4096
    /// What of page 1 is the header of the file.
    private static let header = 100

    /// - Throws: where nothing of it can be recognised.
    init(_ path: String) throws {
        self.path = path
        if let database = try Self.open(path) {
            (self.database, copy) = (database, nil)
            return
        }
        let copy = path + ".repaired"
        for isSchemaKept in [true, false] {
            guard try Self.repair(path, into: copy, isSchemaKept: isSchemaKept),
                let database = try Self.open(copy)
            else { continue }
            (self.database, self.copy) = (database, copy)
            return
        }
        Self.remove(copy)
        throw DatabaseError(resultCode: .notADatabase, message: "nothing of the database can be read")
    }

    func close() {
        try? database.close()
        unlink(path + "-shm")
        // Reading makes one.
        if FileSize.of(path + "-wal") == 0 { unlink(path + "-wal") }
        if let copy { Self.remove(copy) }
    }

    /// Whether a file that SQLite cannot read was once ours; others are left alone.
    static func isOurs(_ path: String) throws -> Bool {
        guard let stream = fopen(path, "rb") else { return false }
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 32 * page)
        let count = fread(&bytes, 1, bytes.count, stream)
        let found = bytes[..<count]
        let isMarked = found.count >= 72 && found[68..<72].elementsEqual([0x4B, 0x6F, 0x6D, 0x6F])
        return isMarked || found.contains("CREATE TABLE journal") || isTree(found)
    }

    /// Whether the pages after the first look like those of a database that shrinks: a pointer map, then trees.
    private static func isTree(_ bytes: ArraySlice<UInt8>) -> Bool {
        let kinds: Set<UInt8> = [2, 5, 10, 13]
        let pages = stride(from: 2 * page, to: min(bytes.count, 12 * page), by: page).map { bytes[$0] }
        return pages.count >= 10 && pages.allSatisfy(kinds.contains)
    }

    /// What is wrong with a database that SQLite can open; nil where nothing is. Reads the whole file.
    static func problem(of path: String) throws -> String? {
        let database = try Database(path: path, isReadOnly: true)
        defer { try? database.close() }
        let found = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        return found.flatMap { $0.utf8.elementsEqual("ok".utf8) ? nil : $0 }
    }

    /// - Returns: nil where not even its tables can be listed, or where they are not ours.
    private static func open(_ path: String) throws -> Database? {
        do {
            let db = try Database(path: path, isReadOnly: true) { db in
                // A part of the schema that cannot be read costs its table only. Cells are looked at before they are used.
                try db.execute(
                    sql: "PRAGMA writable_schema = ON; PRAGMA cell_size_check = ON; PRAGMA cache_size = -2048")
            }
            let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
            let isOurs = Set(tables.map(ByteText.init)).isSuperset(of: ["keys", "journal"].map(ByteText.init))
            if isOurs, isPlausible(db) { return db }
            try db.close()
        } catch let error as DatabaseError where Salvage.isCorruption(error) || error.resultCode == .error {
            return nil
        }
        return nil
    }

    /// Whether something is where the schema says that it is.
    private static func isPlausible(_ db: Database) -> Bool {
        ["keys", "meta", "journal", "lasts"].contains { table in
            (try? Row.fetchOne(db, sql: "SELECT * FROM \(table) LIMIT 1")) != nil
        }
    }

    private static func remove(_ copy: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(copy + suffix) }
    }

    // MARK: Repairing

    /// - Returns: false where there is nothing to repair.
    private static func repair(_ path: String, into copy: String, isSchemaKept: Bool) throws -> Bool {
        remove(copy)
        let size = FileSize.of(path)
        guard size >= 2 * page else { return false }
        var pages = try newPages(beside: copy)
        guard var first = pages[1] else { return false }
        // Where the file ends before its schema does, that is put behind it, and what lies between holds nothing.
        let count = max(size / page, isSchemaKept ? 0 : pages.keys.max() ?? 0)
        first[28..<32] = bigEndian(count)[...]
        // No free pages: those of the list are left out.
        first[32..<40] = [UInt8](repeating: 0, count: 8)[...]
        // WAL mode.
        (first[18], first[19]) = (2, 2)
        pages[1] = isSchemaKept ? Array(first[..<header]) : first
        try append(path, to: copy)
        for (number, bytes) in pages where number == 1 || !isSchemaKept {
            try overwrite(copy, at: (number - 1) * page, bytes)
        }
        if access(path + "-wal", F_OK) == 0 { try append(path + "-wal", to: copy + "-wal") }
        return true
    }

    /// The pages of a new database that hold its schema, by their numbers from 1 on.
    private static func newPages(beside path: String) throws -> [Int: [UInt8]] {
        let empty = path + ".empty"
        defer { remove(empty) }
        remove(empty)
        let database = try Database(path: empty) { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
        try database.inTransaction { try Schema.migrate(database, at: .wallClock) }
        let roots = Set(try Int.fetchAll(database, sql: "SELECT rootpage FROM sqlite_schema WHERE rootpage > 0"))
        try database.close()
        guard let stream = fopen(empty, "rb") else { throw failure(empty) }
        defer { fclose(stream) }
        var pages: [Int: [UInt8]] = [:]
        for number in 1...max(1, FileSize.of(empty) / page) {
            var bytes = [UInt8](repeating: 0, count: page)
            guard fread(&bytes, 1, page, stream) == page else { throw failure(empty) }
            // Page 2 says where pages belong; it is not needed for reading.
            if number != 2, !roots.contains(number) { pages[number] = bytes }
        }
        for number in freePages(pages) { pages[number] = nil }
        return pages
    }

    /// The pages of a new database that hold nothing: what was in the old one in their places is left alone.
    private static func freePages(_ pages: [Int: [UInt8]]) -> [Int] {
        func number(_ page: Int, at offset: Int) -> Int {
            (pages[page]?[offset..<(offset + 4)] ?? []).reduce(0) { $0 << 8 | Int($1) }
        }
        var free: [Int] = []
        // The first page names the first page of the list; each of these the next one, a count, and so many more.
        var list = number(1, at: 32)
        while list > 0, free.count < pages.count {
            free.append(list)
            let count = min(number(list, at: 4), page / 4 - 2)
            free += (0..<count).map { number(list, at: 8 + 4 * $0) }
            list = number(list, at: 0)
        }
        return free
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian) { Array($0) }
    }

    private static func append(_ path: String, to copy: String) throws {
        guard let from = fopen(path, "rb") else { throw failure(path) }
        defer { fclose(from) }
        FileRights.make(copy)
        guard let to = fopen(copy, "wb") else { throw failure(copy) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var isWhole = true
        while true {
            let count = fread(&buffer, 1, buffer.count, from)
            if count == 0 { break }
            isWhole = isWhole && fwrite(buffer, 1, count, to) == count
        }
        guard fclose(to) == 0, isWhole else { throw failure(copy) }
    }

    private static func overwrite(_ path: String, at offset: Int, _ bytes: [UInt8]) throws {
        guard let stream = fopen(path, "r+b") else { throw failure(path) }
        fseek(stream, offset, SEEK_SET)
        let count = fwrite(bytes, 1, bytes.count, stream)
        guard fclose(stream) == 0, count == bytes.count else { throw failure(path) }
    }

    private static func failure(_ path: String) -> Store.Error {
        Store.Error(
            subject: path, message: "cannot be copied: \(String(cString: strerror(errno)))",
            remedy: "make room on the disk")
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return indices.contains { self[$0] == wanted[0] && self[$0...].starts(with: wanted) }
    }
}
