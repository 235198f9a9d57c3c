package import Komoku

/// A user or a token as its row holds it.
package struct AccountRow: Hashable, Sendable {
    /// A table each.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case user = "users"
        case token = "tokens"
    }

    /// Compared byte by byte.
    package var name: String
    /// Of a user the password as crypt(3) keeps it, of a token the SHA-256 of its secret in hexadecimal.
    package var secret: String
    /// The patterns of the keys that he may read, and put; nil is every key.
    package var reading: [String]?
    package var writing: [String]?
    package var isAdmin = false
    package var created: Timestamp
    /// Of tokens; nil is never.
    package var expires: Timestamp?
    package var used: Timestamp?

    package init(name: String, secret: String, created: Timestamp) {
        (self.name, self.secret, self.created) = (name, secret, created)
    }
}

/// The new state of a user or a token; row nil deletes it.
package struct AccountWrite: Hashable, Sendable {
    package var kind: AccountRow.Kind
    package var name: String
    package var row: AccountRow?

    package init(_ kind: AccountRow.Kind, name: String, _ row: AccountRow?) {
        (self.kind, self.name, self.row) = (kind, name, row)
    }
}

/// All that is known of them.
package struct AccountRows: Hashable, Sendable {
    package var users: [AccountRow] = []
    package var tokens: [AccountRow] = []
    /// There were some at the last write. Where there are none now, they are lost, and nobody may take the house for open.
    package var isClosed = false
}
