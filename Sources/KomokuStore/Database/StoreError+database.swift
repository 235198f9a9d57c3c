import KomokuSQLite

extension Store.Error {
    /// What kept a database from being opened.
    init(opening subject: String, _ error: any Swift.Error) {
        self.init(subject: subject, message: "cannot be opened: \(Self.reason(error))", remedy: Self.remedy(error))
    }

    init(reading subject: String, _ error: any Swift.Error) {
        self.init(subject: subject, message: "cannot be read: \(Self.reason(error))", remedy: "")
    }

    /// What SQLite says, without the statement.
    static func reason(_ error: any Swift.Error) -> String {
        switch error {
        case let error as DatabaseError: error.description
        case let error as Store.Error: error.description
        default: String(describing: error)
        }
    }

    private static func remedy(_ error: any Swift.Error) -> String {
        guard let error = error as? DatabaseError else { return "" }
        switch error.resultCode {
        case .notADatabase: return "it is left as it is; name another file"
        case .corrupt: return "it is left as it is; restore a backup, or move it away to begin anew"
        case .full: return "make room on the disk"
        // So SQLite calls it too where the disk has no room for the shared memory of the log.
        case .ioError: return "see whether the disk is full or failing"
        case .readOnly, .cannotOpen, .permission:
            return "let the user of this process write to the file and its directory"
        default: return ""
        }
    }
}
