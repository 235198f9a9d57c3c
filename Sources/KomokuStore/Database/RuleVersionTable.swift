import Komoku
import KomokuSQLite

/// The texts that files of rules had.
enum RuleVersionTable {
    static func apply(_ rows: [RuleVersionRow], _ db: Database) throws {
        for row in rows {
            try db.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO rule_versions (file, version, time, author, note, text)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [row.file, row.version, row.time.microseconds, row.author, row.note, row.text])
            try db.cachedStatement(
                sql: """
                    DELETE FROM rule_versions WHERE file = ?1 AND version <=
                    (SELECT version FROM rule_versions WHERE file = ?1 ORDER BY version DESC LIMIT 1 OFFSET ?2)
                    """
            ).execute(arguments: [row.file, RuleVersionRow.most])
        }
    }

    /// Newest first. Without a file all of them.
    static func fetch(of file: String?, _ db: Database) throws -> [RuleVersionRow] {
        let sql = """
            SELECT file, version, time, author, note, text FROM rule_versions
            \(file == nil ? "" : "WHERE file = ?") ORDER BY file, version DESC
            """
        let arguments: StatementArguments = file.map { [$0] } ?? []
        return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
            RuleVersionRow(
                file: row.text(0), version: row.integer(1), time: row.time(2), author: row.text(3), note: row.text(4),
                text: row.text(5))
        }
    }
}
