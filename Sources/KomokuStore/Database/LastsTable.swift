import KomokuSQLite
import Komoku

/// The newest put and the newest point of every key when the last seal was made, as rows in the journal's format.
enum LastsTable {
    ///
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
    fileprivate init(_ key: KeyID, _ point: Point, isPoint: Bool, isNewest: Bool, _ dating: Dating = .hub) {
        self.init(
            key: key, time: point.time, value: point.value, provenance: point.provenance,
            pointTime: isPoint ? point.time : nil, isNewest: isNewest, dating: dating)
    }
}
