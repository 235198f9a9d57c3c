import KomokuSQLite
import Komoku

/// The newest put and the newest point of every key when the last seal was made, as rows in the journal's format.
enum LastsTable {
    /// Besides, from when on a key may have points that wait for their time.
    static func replace(
        _ lasts: KeyPoints, _ newestPoints: KeyPoints, _ ahead: [Int: Int64], _ db: Database
    ) throws {
        var encoder = JournalRowEncoder()
        for index in 0..<max(lasts.endIndex, newestPoints.endIndex) {
            let key = KeyID(rawValue: Int32(index))
            let (last, point) = (lasts[index], newestPoints[index])
            if let point, point != last { encoder.append(Put(key, point, isPoint: true, isNewest: false)) }
            if let last {
                let dating: Put.Dating = lasts.isOurs(index) ? .hub : .given
                encoder.append(Put(key, last, isPoint: last == point, isNewest: true, dating))
            }
        }
        for (index, time) in ahead.sorted(by: { $0.key < $1.key }) {
            let start = Point(time: Timestamp(microseconds: time), value: nil, provenance: .live)
            encoder.append(Put(KeyID(rawValue: Int32(index)), start, isPoint: false, isNewest: false, .future))
        }
        try forgetInsertions(db)
        try db.execute(sql: "DELETE FROM lasts")
        let statement = try db.cachedStatement(sql: "INSERT INTO lasts (data) VALUES (?)")
        for row in encoder.finish() { try statement.execute(arguments: [row]) }
    }

    // MARK: Insertions

    /// What an import or a merge writes goes past the journal, and `lasts` is written by the next seal: until then the file says
    /// which keys may have a newer point than `lasts` knows.
    private static let mark = "inserted."
    /// What comes after all marks.
    private static let end = "inserted/"

    static func noteInsertion(into key: KeyID, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO meta (name, value) VALUES (?, 1)")
            .execute(arguments: [mark + String(key.rawValue)])
    }

    static func insertions(_ db: Database) throws -> [KeyID] {
        let names = try String.fetchAll(
            db, sql: "SELECT name FROM meta WHERE name >= ? AND name < ?", arguments: [mark, end])
        let numbers = names.compactMap { Int32($0.dropFirst(mark.count)) }
        return numbers.filter { $0 >= 0 }.sorted().map(KeyID.init(rawValue:))
    }

    private static func forgetInsertions(_ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM meta WHERE name >= ? AND name < ?").execute(arguments: [mark, end])
    }

    static func fetch(_ db: Database, row: (Int64, Result<[Put], Corruption>) -> Void) throws {
        let rows = try Row.fetchCursor(db, sql: "SELECT id, data FROM lasts ORDER BY id")
        while let next = try rows.next() {
            let bytes = next.bytes(1)
            row(next.integer(0), Result { () throws(Corruption) in try JournalRow.decode(bytes) })
        }
    }
}

extension Put {
    fileprivate init(_ key: KeyID, _ point: Point, isPoint: Bool, isNewest: Bool, _ dating: Dating = .hub) {
        self.init(
            key: key, time: point.time, value: point.value, provenance: point.provenance,
            pointTime: isPoint ? point.time : nil, isNewest: isNewest, dating: dating)
    }
}
