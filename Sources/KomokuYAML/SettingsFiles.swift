/// The files that settings are read from: the disk, or a table in tests.
package protocol SettingsFiles: Sendable {
    /// All bytes of a file of at most `limit` bytes.
    func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8]

    /// The names in a directory, in any order; none where it cannot be read.
    func names(in directory: String) -> [String]
}

/// Why a file cannot be read: `No such file or directory`.
package struct FileFailure: Error, Hashable {
    package var reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}
