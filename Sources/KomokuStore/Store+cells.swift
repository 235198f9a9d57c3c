import GRDB
package import Komoku

/// A cell as its row holds it: the data is text that nobody has parsed.
package struct CellRow: Hashable, Sendable {
    package var behaviour: String
    package var id: String
    /// Compact JSON as a rule; a damaged row may hold anything.
    package var data: String
    package var due: Timestamp?
    package var failure: String?
}

extension Store {
    /// Gives the living and the failed cells one after another, by behaviour and id in the order of their bytes. Waits for the
    /// disk; never holds all of them.
    package func eachCell(_ body: (CellRow) -> Void) throws(Error) {
        do {
            try database.read { db in try CellTable.each(db, body) }
        } catch {
            throw Error(reading: "the table cells", error)
        }
    }
}

extension CellTable {
    static func each(_ db: Database, _ body: (CellRow) -> Void) throws {
        let sql = "SELECT behaviour, id, data, due, failure FROM cells ORDER BY behaviour, id"
        let rows = try Row.fetchCursor(db, sql: sql)
        while let row = try rows.next() {
            body(
                CellRow(
                    behaviour: row.text(0), id: row.text(1), data: row.text(2),
                    due: Int64.fromDatabaseValue(row[3]).map(Timestamp.init(microseconds:)),
                    failure: String.fromDatabaseValue(row[4])))
        }
    }
}
