package import Komoku

/// A text that a file of rules had, as its row holds it.
package struct RuleVersionRow: Hashable, Sendable {
    package var file: String
    /// Grows with each of the file.
    package var version: Int64
    package var time: Timestamp
    /// Who wrote it: `user anna`; empty where nobody has a name.
    package var author: String
    package var note: String
    package var text: String

    package init(file: String, version: Int64, time: Timestamp, author: String, note: String, text: String) {
        (self.file, self.version, self.time) = (file, version, time)
        (self.author, self.note, self.text) = (author, note, text)
    }

    /// So many of a file are kept, the newest.
    package static let most = 50
}
