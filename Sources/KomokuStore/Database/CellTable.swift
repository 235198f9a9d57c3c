import KomokuSQLite
import Komoku

/// The cells of the rules.
enum CellTable {
    static func apply(_ writes: [CellWrite], _ db: Database) throws {
        for cell in writes {
            guard let data = cell.data else {
                try db.cachedStatement(sql: "DELETE FROM cells WHERE behaviour = ? AND id = ?")
                    .execute(arguments: [cell.behaviour, cell.id])
                continue
            }
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO cells (behaviour, id, data, due, failure) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [
                cell.behaviour, cell.id, data.storedText, cell.due?.microseconds, cell.failure,
            ])
        }
    }

    static func fetch(_ db: Database) throws -> [CellWrite] {
        try Row.fetchAll(db, sql: "SELECT behaviour, id, data, due, failure FROM cells ORDER BY behaviour, id")
            .compactMap { row in
                guard let data = try? JSON(parsing: row.text(2)) else { return nil }
                return CellWrite(
                    behaviour: row.text(0), id: row.text(1), data: data,
                    due: row.timeIfAny(3),
                    failure: String.fromDatabaseValue(row[4]))
            }
    }
}
