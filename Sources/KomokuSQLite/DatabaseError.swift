import CSQLite

/// What SQLite could not do, and why.
package struct DatabaseError: Error, CustomStringConvertible {
    /// The primary result code.
    package let resultCode: ResultCode
    /// The extended one, which says where: of `SQLITE_IOERR` whether reading, writing or syncing failed.
    package let extendedCode: Int32
    package let message: String?

    package init(resultCode: ResultCode, message: String? = nil) {
        (self.resultCode, self.message) = (resultCode, message)
        extendedCode = resultCode.rawValue
    }

    init(_ code: Int32, _ database: OpaquePointer?) {
        resultCode = ResultCode(rawValue: code & 0xFF)
        extendedCode = code
        message = database.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
    }

    package var description: String { message ?? resultCode.description }

    static let closed = DatabaseError(resultCode: .misuse, message: "the database is closed")
}

package struct ResultCode: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }

    package static let error = ResultCode(rawValue: SQLITE_ERROR)
    package static let permission = ResultCode(rawValue: SQLITE_PERM)
    package static let busy = ResultCode(rawValue: SQLITE_BUSY)
    package static let lockProtocol = ResultCode(rawValue: SQLITE_PROTOCOL)
    package static let readOnly = ResultCode(rawValue: SQLITE_READONLY)
    package static let ioError = ResultCode(rawValue: SQLITE_IOERR)
    package static let corrupt = ResultCode(rawValue: SQLITE_CORRUPT)
    package static let full = ResultCode(rawValue: SQLITE_FULL)
    package static let cannotOpen = ResultCode(rawValue: SQLITE_CANTOPEN)
    package static let constraint = ResultCode(rawValue: SQLITE_CONSTRAINT)
    package static let misuse = ResultCode(rawValue: SQLITE_MISUSE)
    package static let notADatabase = ResultCode(rawValue: SQLITE_NOTADB)

    package var description: String { String(cString: sqlite3_errstr(rawValue)) }
}
