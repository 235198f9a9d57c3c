import KomokuSQLite
import Komoku

/// The newest put and the newest point of every key when the last seal was made, as rows in the journal's format.
enum LastsTable {
    static func replace(_ lasts: KeyPoints, _ newestPoints: KeyPoints, _ db: Database) throws {
        var encoder = JournalRowEncoder()
        for index in 0..<max(lasts.endIndex, newestPoints.endIndex) {
            let key = KeyID(rawValue: Int32(index))
            let (last, point) = (lasts[index], newestPoints[index])
            if let point, point != last { encoder.append(Put(key, point, isPoint: true, isNewest: false)) }
            if let last { encoder.append(Put(key, last, isPoint: last == point, isNewest: true)) }
        }
        try db.execute(sql: "DELETE FROM lasts")
        let statement = try db.cachedStatement(sql: "INSERT INTO lasts (data) VALUES (?)")
        for row in encoder.finish() { try statement.execute(arguments: [row]) }
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
    fileprivate init(_ key: KeyID, _ point: Point, isPoint: Bool, isNewest: Bool) {
        self.init(
            key: key, time: point.time, value: point.value, provenance: point.provenance,
            pointTime: isPoint ? point.time : nil, isNewest: isNewest)
    }
}
