package import Komoku

/// Something that a client keeps at the hub, as its row holds it: the text of one JSON value under a name.
package struct DocumentRow: Hashable, Sendable {
    /// Whose it is: `user anna`; empty of who has no name.
    package var owner: String
    package var name: String
    /// Grows with each write of any document, and is never given twice.
    package var revision: Int64
    package var time: Timestamp
    package var content: String

    package init(owner: String, name: String, revision: Int64, time: Timestamp, content: String) {
        (self.owner, self.name, self.revision, self.time) = (owner, name, revision, time)
        self.content = content
    }
}

/// The new state of a document; row nil deletes it.
package struct DocumentWrite: Hashable, Sendable {
    package var owner: String
    package var name: String
    /// Of the write, also of one that deletes.
    package var revision: Int64
    package var row: DocumentRow?

    package init(owner: String, name: String, revision: Int64, _ row: DocumentRow?) {
        (self.owner, self.name, self.revision, self.row) = (owner, name, revision, row)
    }
}

/// All of them.
package struct DocumentRows: Hashable, Sendable {
    /// By owner and name.
    package var documents: [DocumentRow] = []
    /// The newest revision that was given.
    package var revision: Int64 = 0

    package init() {}
}
