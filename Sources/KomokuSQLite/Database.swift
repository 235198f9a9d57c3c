import CSQLite

/// A connection to a database. Whoever has it uses it alone: SQLite's own locks are off.
package final class Database {
    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]
    package let isReadOnly: Bool

    /// - Parameters:
    ///   - path: nil is a database in memory.
    ///   - patience: how long to wait for a lock that another connection holds.
    ///   - prepare: runs before the file is looked at.
    package init(
        path: String?, isReadOnly: Bool = false, patience: Duration = .zero,
        prepare: (Database) throws -> Void = { _ in }
    ) throws {
        self.isReadOnly = isReadOnly
        let access = isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let code = sqlite3_open_v2(path ?? ":memory:", &handle, access | SQLITE_OPEN_NOMUTEX, nil)
        guard code == SQLITE_OK else { throw DatabaseError(code, handle) }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, Int32(clamping: patience.components.seconds * 1000))
        try prepare(self)
        // Opening alone reads nothing.
        _ = try Int64.fetchOne(self, sql: "SELECT count(*) FROM (SELECT 1 FROM sqlite_schema LIMIT 1)")
    }

    deinit {
        statements = [:]
        sqlite3_close_v2(handle)
    }

    /// Lets the file go now, where no statement is in use.
    package func close() throws {
        statements = [:]
        let code = sqlite3_close(handle)
        guard code == SQLITE_OK else { throw DatabaseError(code, handle) }
        handle = nil
    }

    // MARK: Statements

    /// Runs statements that are separated by `;`, of which only the last one takes arguments.
    package func execute(sql: String, arguments: StatementArguments = []) throws {
        let bytes = Array(sql.utf8)
        var rest = 0
        while rest < bytes.count {
            guard let statement = try Statement(open(), bytes, rest: &rest) else { continue }
            try statement.execute(arguments: rest < bytes.count ? [] : arguments)
        }
    }

    /// One that is kept for the next time: a part of a program that runs often.
    package func cachedStatement(sql: String) throws -> Statement {
        if let statement = statements[sql] { return statement }
        let statement = try statement(sql)
        statements[sql] = statement
        return statement
    }

    func statement(_ sql: String) throws -> Statement {
        var rest = 0
        guard let statement = try Statement(open(), Array(sql.utf8), rest: &rest) else {
            throw DatabaseError(resultCode: .misuse, message: "there is no statement in '\(sql)'")
        }
        return statement
    }

    private func open() throws -> OpaquePointer {
        guard let handle else { throw DatabaseError.closed }
        return handle
    }

    /// Rows that the last statement changed.
    package var changesCount: Int { Int(sqlite3_changes64(handle)) }

    // MARK: Transactions

    private var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    package enum Access: String {
        /// Waits for other connections that write.
        case write = "BEGIN IMMEDIATE"
        /// Sees the file as it is at the first thing that is read.
        case snapshot = "BEGIN DEFERRED"
    }

    package func beginTransaction(_ access: Access = .write) throws {
        try cachedStatement(sql: access.rawValue).execute()
    }

    package func commit() throws { try cachedStatement(sql: "COMMIT").execute() }

    /// Where SQLite has ended the transaction already, after an error, there is nothing to do.
    package func rollback() { if isInTransaction { try? execute(sql: "ROLLBACK") } }

    /// All of it, or nothing.
    package func inTransaction<Result>(_ access: Access = .write, _ body: () throws -> Result) throws -> Result {
        try beginTransaction(access)
        do {
            let result = try body()
            try commit()
            return result
        } catch {
            rollback()
            throw error
        }
    }
}
