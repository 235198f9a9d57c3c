/// Who asks. What he may follows his account, also while he is connected.
package struct Identity: Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Nobody in particular, on a hub that is open to its own machine.
        case anybody
        /// Somebody who has not said who he is; he may do nothing else.
        case unknown
        case user, token
    }

    package let kind: Kind
    /// Of the user or the token; else empty.
    package let name: String
    /// For causes and logs: `user anna`; nil where nobody has a name.
    package let label: String?
    private let account: Account

    package init(_ kind: Kind, name: String = "", _ account: Account) {
        (self.kind, self.name, self.account) = (kind, name, account)
        label =
            switch kind {
            case .anybody, .unknown: nil
            case .user, .token: "\(kind.rawValue) \(name)"
            }
    }

    /// With rights that nobody changes.
    package init(rights: Rights) { self.init(.anybody, Account(rights)) }

    /// For a connection on which he may still say it.
    package static let unknown = Identity(.unknown, Account(nil))

    /// Nil where he is not known, or not any more.
    package var validRights: Rights? { account.rights }
    package var rights: Rights { account.rights ?? .none }

    /// Whether both are one account.
    package func isSame(as other: Identity) -> Bool { account === other.account }
}
