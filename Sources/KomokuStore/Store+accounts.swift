import Glibc
import KomokuSQLite

extension Store {
    /// The users and tokens, by name. Waits for the disk.
    package func accounts() throws(Error) -> AccountRows {
        do {
            return try database.read { db in
                AccountRows(
                    users: try AccountTable.fetch(.user, db), tokens: try AccountTable.fetch(.token, db),
                    isClosed: try Meta.closed.get(db) == 1)
            }
        } catch {
            throw Error(reading: "the users and tokens", error)
        }
    }

    /// Who is logged in to the web page. Waits for the disk.
    package func sessions() throws(Error) -> [SessionRow] {
        do { return try database.read { try SessionTable.fetch($0) } } catch {
            throw Error(reading: "the sessions of the web page", error)
        }
    }
}

extension Store {
    /// Whether a database file has a user or a token, while a hub has it open or none. Writes nothing.
    ///
    /// - Returns: false where there is no such file; nil where it cannot be told.
    package static func hasAccounts(inFile path: String) -> Bool? {
        guard access(path, F_OK) == 0 else { return errno == ENOENT ? false : nil }
        do {
            let db = try Database(path: path, isReadOnly: true, patience: .seconds(5))
            defer { try? db.close() }
            let tables = Set(try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'"))
            return try AccountRow.Kind.allCases.contains { kind in
                guard tables.contains(kind.rawValue) else { return false }
                return try Int.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM \(kind.rawValue))") == 1
            }
        } catch {
            return nil
        }
    }
}
