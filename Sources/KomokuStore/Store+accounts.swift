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
}
