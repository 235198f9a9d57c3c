import Komoku
import KomokuSQLite

/// What clients keep.
enum DocumentTable {
    static func apply(_ writes: [DocumentWrite], _ db: Database) throws {
        guard !writes.isEmpty else { return }
        for write in writes {
            guard let row = write.row else {
                try db.cachedStatement(sql: "DELETE FROM documents WHERE owner = ? AND name = ?")
                    .execute(arguments: [write.owner, write.name])
                continue
            }
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO documents (owner, name, revision, time, content) VALUES (?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [row.owner, row.name, row.revision, row.time.microseconds, row.content])
        }
        let newest = writes.reduce(try Meta.documents.get(db) ?? 0) { max($0, $1.revision) }
        try Meta.documents.set(newest, db)
    }

    static func fetch(_ db: Database) throws -> DocumentRows {
        var rows = DocumentRows()
        let sql = "SELECT owner, name, revision, time, content FROM documents ORDER BY owner, name"
        rows.documents = try Row.fetchAll(db, sql: sql).map { row in
            DocumentRow(
                owner: row.text(0), name: row.text(1), revision: row.integer(2), time: row.time(3), content: row.text(4)
            )
        }
        rows.revision = rows.documents.reduce(try Meta.documents.get(db) ?? 0) { max($0, $1.revision) }
        return rows
    }
}
