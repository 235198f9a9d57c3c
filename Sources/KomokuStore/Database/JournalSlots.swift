import KomokuSQLite
import Komoku

/// Where small commits go: rows that fill a page each and are written over in place, so that a commit writes one page.
///
/// A row appended to a table costs five pages as soon as it needs a new one: the page, the one above it, the first of the file, the
/// map of pages and the list of free ones. A slot is free again when the seal that its generation belongs to is made; nothing is
/// deleted. What is large goes to the table `journal`. The numbers of both say in which order they came.
struct JournalSlots {
    /// Of the commit that comes next.
    private var sequence: Int64
    /// The slot that is being filled; 0 is none yet.
    private var slot: Int64
    private var content: [UInt8] = []

    static let version: UInt8 = 1
    /// More than a file can have pages.
    private static let slotLimit: Int64 = 1 << 32
    /// Bytes of a slot: with the rest of its row it is one page of 4 KiB.
    private static let size = 4030
    /// What is larger than this goes to the table `journal`.
    private static let largest = size - 16

    /// - Parameters:
    ///   - sequence: above that of every commit in the file.
    ///   - slot: the last one that is still needed.
    init(sequence: Int64, slot: Int64) {
        (self.sequence, self.slot) = (sequence, slot)
    }

    /// Rows of a commit that is to go to slots are closed when they have grown to this.
    static let rowSize = 3900
    /// Commits of more puts than these go to the table `journal`, in large rows.
    static let manyPuts = JournalColumns.maximumCount

    mutating func append(_ rows: [[UInt8]], generation: Int64, _ db: Database) throws {
        for row in rows {
            if row.count <= Self.largest {
                try write(row, generation, db)
            } else {
                try db.cachedStatement(sql: "INSERT INTO journal (id, data) VALUES (?, ?)")
                    .execute(arguments: [sequence, row])
            }
            sequence += 1
        }
    }

    /// All that was written before is in blocks.
    mutating func clear(_ db: Database) throws {
        try db.execute(sql: "DELETE FROM journal")
        slot = 0
        content = []
    }

    private mutating func write(_ row: [UInt8], _ generation: Int64, _ db: Database) throws {
        var entry = ByteWriter()
        entry.varint(row.count)
        entry.varint(UInt64(bitPattern: sequence))
        entry.raw(row)
        if content.isEmpty || content.count + entry.count > Self.size {
            slot += 1
            content = [Self.version]
        }
        content += entry.bytes
        let padding = [UInt8](repeating: 0, count: max(0, Self.size - content.count))
        try db.cachedStatement(
            sql: """
                INSERT INTO slots (id, generation, data) VALUES (?1, ?2, ?3)
                ON CONFLICT (id) DO UPDATE SET generation = ?2, data = ?3
                """
        ).execute(arguments: [slot, generation, content + padding])
    }

    static func newestGeneration(_ db: Database) throws -> Int64 {
        // That of a damaged row must leave room for those to come.
        try Row.fetchOne(
            db, sql: "SELECT max(generation) FROM slots WHERE generation < ?", arguments: [Row.limit])?.id(0) ?? 0
    }

    /// A commit as a slot or the journal holds it.
    struct Entry {
        let sequence: Int64
        let bytes: [UInt8]
    }

    /// The commits that are in no block yet, in order, and where to go on.
    static func replay(sealed: Int64, _ db: Database) throws -> (entries: [Entry], next: JournalSlots) {
        var entries: [Entry] = []
        var (last, used) = (Int64(0), Int64(0))
        let slots = try Row.fetchCursor(db, sql: "SELECT id, generation, data FROM slots ORDER BY id")
        while let row = try slots.next() {
            let found = Self.entries(row.bytes(2))
            last = max(last, found.last?.sequence ?? 0)
            guard row.integer(1) > sealed else { continue }
            // A slot of a damaged row is none: another one with its number is written when its turn comes.
            if row.integer(0) < Self.slotLimit { used = max(used, row.id(0)) }
            entries += found
        }
        let rows = try Row.fetchCursor(db, sql: "SELECT id, data FROM journal ORDER BY id")
        while let row = try rows.next() {
            entries.append(Entry(sequence: row.id(0), bytes: row.bytes(1)))
            last = max(last, row.id(0))
        }
        entries.sort { $0.sequence < $1.sequence }
        let next = JournalSlots(sequence: min(max(0, last), Row.limit) + 1, slot: used)
        return (entries, next)
    }

    /// The commits in a slot. What cannot be told apart any more ends it, as one entry that cannot be read: the whole slot.
    private static func entries(_ bytes: [UInt8]) -> [Entry] {
        var entries: [Entry] = []
        var reader = ByteReader(bytes[...])
        guard let found = try? reader.byte(), found == version else {
            return [Entry(sequence: 0, bytes: bytes)]
        }
        while reader.remaining > 0, let length = try? reader.count(upTo: reader.remaining), length > 0 {
            guard let sequence = try? reader.varint(), let row = try? reader.slice(length) else {
                entries.append(Entry(sequence: entries.last?.sequence ?? 0, bytes: bytes))
                break
            }
            entries.append(Entry(sequence: Int64(clamping: sequence), bytes: Array(row)))
        }
        return entries
    }
}
