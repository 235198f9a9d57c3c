package import Komoku

/// A session of the web page as its row holds it.
package struct SessionRow: Hashable, Sendable {
    /// The SHA-256 of the cookie's value, in hexadecimal: who reads the file cannot come in with it.
    package var cookie: String
    /// Whose it is: a user or a token.
    package var kind: AccountRow.Kind
    package var name: String
    /// Differs once the password or the token is another one.
    package var proof: String
    package var began: Timestamp
    package var used: Timestamp

    package init(
        cookie: String, kind: AccountRow.Kind, name: String, proof: String, began: Timestamp, used: Timestamp
    ) {
        (self.cookie, self.kind, self.name, self.proof) = (cookie, kind, name, proof)
        (self.began, self.used) = (began, used)
    }
}

/// The new state of a session; row nil deletes it.
package struct SessionWrite: Hashable, Sendable {
    package var cookie: String
    package var row: SessionRow?

    package init(cookie: String, _ row: SessionRow?) { (self.cookie, self.row) = (cookie, row) }
}
