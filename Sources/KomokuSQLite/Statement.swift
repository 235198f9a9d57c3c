import CSQLite

/// A compiled statement. Made by a connection, used where the connection is.
package final class Statement {
    private let handle: OpaquePointer
    /// Counts the executions, so that a cursor that was left does not end a later one.
    private(set) var execution = 0

    /// - Parameter rest: what of `sql` comes after its first statement.
    /// - Returns: nil where there is no statement in it.
    init?(_ database: OpaquePointer, _ sql: [UInt8], rest: inout Int) throws {
        var (handle, used): (OpaquePointer?, Int) = (nil, 0)
        let code = sql.withUnsafeBytes { bytes in
            let text = bytes.bindMemory(to: CChar.self)
            guard let start = text.baseAddress else { return SQLITE_OK }
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(
                database, start + rest, Int32(clamping: text.count - rest), &handle, &tail)
            used = tail.map { $0 - start } ?? text.count
            return code
        }
        guard code == SQLITE_OK else { throw DatabaseError(code, database) }
        rest = used
        guard let handle else { return nil }
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    package func execute(arguments: StatementArguments = []) throws {
        try begin(arguments)
        defer { reset() }
        while try step() {}
    }

    /// Begins anew with these arguments; those that are not named are null.
    func begin(_ arguments: StatementArguments) throws {
        reset()
        execution += 1
        precondition(arguments.values.count == sqlite3_bind_parameter_count(handle), "a statement lacks arguments")
        for (index, value) in arguments.values.enumerated() { try bind(value, Int32(index + 1)) }
    }

    /// - Returns: whether there is a row.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let error = DatabaseError(code, sqlite3_db_handle(handle))
        reset()
        throw error
    }

    func reset() { sqlite3_reset(handle) }

    private func bind(_ value: DatabaseValue, _ index: Int32) throws {
        let code =
            switch value {
            case .null: sqlite3_bind_null(handle, index)
            case .integer(let number): sqlite3_bind_int64(handle, index, number)
            case .real(let number): sqlite3_bind_double(handle, index, number)
            case .text(let text): bind(text, index)
            case .blob(let bytes):
                bytes.isEmpty
                    ? sqlite3_bind_zeroblob(handle, index, 0)
                    : bytes.withUnsafeBytes { komoku_bind_blob(handle, index, $0.baseAddress, UInt64($0.count)) }
            }
        guard code == SQLITE_OK else { throw DatabaseError(code, sqlite3_db_handle(handle)) }
    }

    private func bind(_ text: String, _ index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                guard let start = text.baseAddress else { return komoku_bind_text(handle, index, "", 0) }
                return komoku_bind_text(handle, index, start, UInt64(text.count))
            }
        }
    }

    /// A column of the row that the last step came to. Bytes are copied.
    private func column(_ index: Int) -> DatabaseValue {
        let column = Int32(truncatingIfNeeded: index)
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, column))
        case SQLITE_FLOAT: return .real(sqlite3_column_double(handle, column))
        case SQLITE_TEXT:
            // The pointer before the length: it is what converts.
            let start = sqlite3_column_text(handle, column)
            let bytes = UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
            return .text(String(decoding: bytes, as: UTF8.self))
        case SQLITE_BLOB:
            let start = sqlite3_column_blob(handle, column)
            let count = Int(sqlite3_column_bytes(handle, column))
            return .blob([UInt8](UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
        default: return .null
        }
    }

    /// The columns of the row that the last step came to.
    var row: Row { Row(values: (0..<Int(sqlite3_column_count(handle))).map(column)) }
}
