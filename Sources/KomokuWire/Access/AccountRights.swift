public import Komoku

/// What a user or a token may, as its members stand beside others. Every key is the pattern `**`.
public struct AccountRights: Hashable, Sendable {
    public var isAdmin = false
    /// Patterns of the keys that may be read; not given is every key.
    public var reading: [KeyPattern] = [.all]
    /// Of those that may be put; not given is none.
    public var writing: [KeyPattern] = []

    public init() {}

    public init(isAdmin: Bool, reading: [KeyPattern] = [.all], writing: [KeyPattern] = []) {
        (self.isAdmin, self.reading, self.writing) = (isAdmin, reading, writing)
    }

    /// More of them are slow to look through, and no house has them.
    static let mostPatterns = 100

    mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(false, "admin", &isAdmin)
        try visit.unless([.all], "read", &reading)
        try visit.unless([], "write", &writing)
        if max(reading.count, writing.count) > Self.mostPatterns {
            try visit.refuse(.invalidQuery("'read' and 'write' have at most \(Self.mostPatterns) patterns"))
        }
    }

    /// As answers have them: nothing is left out.
    mutating func wholeMembers<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("admin", &isAdmin)
        try visit.always("read", &reading)
        try visit.always("write", &writing)
    }
}

/// A user or a token.
package enum AccountName: Hashable, Sendable {
    case user(String)
    case token(String)

    package var name: String {
        switch self {
        case .user(let name), .token(let name): name
        }
    }

    static func members<Visitor: MemberVisitor>(
        _ account: inout AccountName, _ visit: inout Visitor, of command: StaticString
    ) throws(Visitor.Fault) {
        var (user, token): (String?, String?) =
            switch account {
            case .user(let name): (name, nil)
            case .token(let name): (nil, name)
            }
        if visit.isReading { user = nil }
        try visit.optional("user", &user)
        try visit.optional("token", &token)
        switch (user, token) {
        case (let name?, nil): account = .user(name)
        case (nil, let name?): account = .token(name)
        default: try visit.refuse(.invalidQuery("'\(command)' needs a 'user' or a 'token'"))
        }
    }
}
