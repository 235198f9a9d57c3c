/// The columns of a row, copied, so that they may be kept.
package struct Row: Hashable, Sendable {
    package let values: [DatabaseValue]

    package subscript(_ column: Int) -> DatabaseValue { values[column] }

    /// Nil where the column holds something else.
    package subscript<Value: DatabaseValueConvertible>(_ column: Int) -> Value? {
        Value.fromDatabaseValue(values[column])
    }

    /// 0 where the column holds no integer.
    package func integer(_ column: Int) -> Int64 { self[column] ?? 0 }

    /// Empty where the column holds no bytes.
    package func bytes(_ column: Int) -> [UInt8] { self[column] ?? [] }

    /// Empty where the column holds no text.
    package func text(_ column: Int) -> String { self[column] ?? "" }
}

/// Rows one after another, as they are read. Whoever leaves it before the end lets it go.
package final class RowCursor {
    private let statement: Statement
    private let execution: Int
    private var isDone = false

    package init(_ statement: Statement, _ arguments: StatementArguments) throws {
        self.statement = statement
        try statement.begin(arguments)
        execution = statement.execution
    }

    package func next() throws -> Row? {
        guard !isDone, statement.execution == execution else { return nil }
        // An error resets the statement.
        isDone = true
        guard try statement.step() else {
            statement.reset()
            return nil
        }
        isDone = false
        return statement.row
    }

    /// A statement that stands at a row keeps its snapshot.
    deinit {
        if !isDone, statement.execution == execution { statement.reset() }
    }
}

extension Row {
    package static func fetchCursor(
        _ db: Database, sql: String, arguments: StatementArguments = []
    ) throws -> RowCursor { try RowCursor(db.statement(sql), arguments) }

    package static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Row? {
        try RowCursor(statement, arguments).next()
    }

    package static func fetchOne(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> Row? {
        try fetchOne(db.statement(sql), arguments: arguments)
    }

    package static func fetchAll(_ statement: Statement, arguments: StatementArguments = []) throws -> [Row] {
        let rows = try RowCursor(statement, arguments)
        var found: [Row] = []
        while let row = try rows.next() { found.append(row) }
        return found
    }

    package static func fetchAll(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> [Row] {
        try fetchAll(db.statement(sql), arguments: arguments)
    }
}

/// The first column of the first row, or of all rows; what is something else than asked for is left out.
extension DatabaseValueConvertible {
    package static func fetchOne(_ statement: Statement, arguments: StatementArguments = []) throws -> Self? {
        try Row.fetchOne(statement, arguments: arguments)?[0]
    }

    package static func fetchOne(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> Self? {
        try fetchOne(db.statement(sql), arguments: arguments)
    }

    package static func fetchAll(_ statement: Statement, arguments: StatementArguments = []) throws -> [Self] {
        try Row.fetchAll(statement, arguments: arguments).compactMap { $0[0] }
    }

    package static func fetchAll(_ db: Database, sql: String, arguments: StatementArguments = []) throws -> [Self] {
        try fetchAll(db.statement(sql), arguments: arguments)
    }
}
