public import Komoku

/// The answer to `auth`: who somebody is to the hub, and what he may.
public struct IdentityReport: Shape, Hashable {
    public enum Kind: String, Hashable, Sendable, CaseIterable, OpenWord {
        /// The hub is open to its own machine.
        case anybody
        /// He has not said it.
        case unknown
        case user, token
        case other
    }

    public var kind = Kind.unknown
    /// Nil where nobody has a name.
    public var name: String?
    public var rights = AccountRights()

    public init() {}

    package init(_ kind: Kind, name: String?, _ rights: AccountRights) {
        (self.kind, self.name, self.rights) = (kind, name, rights)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("kind", &kind)
        try visit.optional("name", &name)
        try rights.wholeMembers(&visit)
    }
}

/// A user or a token, without its secret.
public struct AccountDescription: Shape, Hashable, WireValue {
    public var name = ""
    public var rights = AccountRights()
    public var created = Timestamp(microseconds: 0)
    /// Of tokens: nil is never.
    public var expires: Timestamp?
    /// When it was last used, to the minute.
    public var used: Timestamp?
    /// Of a token that a client's certificate stands for: its SHA-256.
    public var certificate: String?

    public init() {}
    package init(_ name: String, _ rights: AccountRights, created: Timestamp) {
        (self.name, self.rights, self.created) = (name, rights, created)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("name", &name)
        try rights.wholeMembers(&visit)
        try visit.required("created", &created)
        try visit.optional("expires", &expires)
        try visit.optional("used", &used)
        try visit.optional("certificate", &certificate)
    }
}

/// The answer to `users`.
package struct UsersList: Shape, Hashable {
    package var users: [AccountDescription] = []

    package init() {}
    package init(_ users: [AccountDescription]) { self.users = users }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("users", &users, .required)
    }
}

/// The answer to `tokens`.
package struct TokensList: Shape, Hashable {
    package var tokens: [AccountDescription] = []

    package init() {}
    package init(_ tokens: [AccountDescription]) { self.tokens = tokens }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.list("tokens", &tokens, .required)
    }
}

/// The answer to `add_token`, the only one that holds the secret.
public struct NewToken: Shape, Hashable {
    public var token = ""
    /// Nil where a certificate takes its place.
    public var secret: SecretText?

    public init() {}
    package init(_ token: String, secret: String?) { (self.token, self.secret) = (token, secret.map(SecretText.init)) }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("token", &token)
        try visit.optional("secret", &secret)
    }
}
