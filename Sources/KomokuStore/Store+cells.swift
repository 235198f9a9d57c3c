import KomokuSQLite
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
    ///
    /// - Parameters:
    ///   - behaviours: nil is all.
    ///   - others: the cells of these are not even read.
    package func eachCell(
        of behaviours: [String]? = nil, leavingOut others: [String] = [], _ body: (CellRow) -> Void
    ) throws(Error) {
        do {
            try database.read { db in try CellTable.each(db, behaviours, leavingOut: others, body) }
        } catch {
            throw Error(reading: "the table cells", error)
        }
    }
}

extension CellTable {
    static func each(
        _ db: Database, _ behaviours: [String]?, leavingOut others: [String], _ body: (CellRow) -> Void
    ) throws {
        func list(_ names: [String]) -> String { "(" + names.map { _ in "?" }.joined(separator: ", ") + ")" }
        var sql = "SELECT behaviour, id, data, due, failure FROM cells WHERE behaviour NOT IN \(list(others))"
        if let behaviours { sql += " AND behaviour IN \(list(behaviours))" }
        let names = others + (behaviours ?? [])
        let rows = try Row.fetchCursor(db, sql: sql + " ORDER BY behaviour, id", arguments: StatementArguments(names))
        while let row = try rows.next() {
            body(
                CellRow(
                    behaviour: row.text(0), id: row.text(1), data: row.text(2),
                    due: row.timeIfAny(3),
                    failure: String.fromDatabaseValue(row[4])))
        }
    }
}
