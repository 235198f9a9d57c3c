internal import Komoku
internal import KomokuHub
internal import KomokuStore

/// The users and tokens of the hub.
struct AccountBook {
    struct User {
        let name: String
        /// As crypt(3) made it.
        var password: String
        var rights: Rights
        let created: Timestamp
        var account: Account
    }

    struct Token {
        let name: String
        /// Of the secret, or of the client's certificate.
        let hash: SHA256
        /// Which everybody may know: it is not taken for a secret.
        var isCertificate = false
        var rights: Rights
        let created: Timestamp
        let expires: Timestamp?
        var used: Timestamp?
        let account: Account
    }

    private(set) var users: [String: User] = [:]
    private(set) var tokens: [String: Token] = [:]
    private var names: [SHA256: String] = [:]
    private var certificates: [SHA256: String] = [:]

    static let most = 1000

    var isEmpty: Bool { users.isEmpty && tokens.isEmpty }

    /// How many there are who may do everything. A token whose time will be over does not count: the hub would be closed then.
    var admins: Int {
        users.values.count { $0.rights.isAdmin } + tokens.values.count { $0.rights.isAdmin && $0.expires == nil }
    }

    func token(of secret: String) -> Token? {
        let hash = SHA256(of: secret.utf8)
        guard let token = names[hash].flatMap({ tokens[$0] }), AccessSecret.isEqual(token.hash.bytes, hash.bytes) else {
            return nil
        }
        return token
    }

    func token(ofCertificate fingerprint: SHA256) -> Token? { certificates[fingerprint].flatMap { tokens[$0] } }

    mutating func set(_ user: User) { users[user.name] = user }

    mutating func set(_ token: Token) {
        tokens[token.name] = token
        if token.isCertificate { certificates[token.hash] = token.name } else { names[token.hash] = token.name }
    }

    mutating func use(_ name: String, at time: Timestamp) { tokens[name]?.used = time }

    mutating func removeUser(_ name: String) { users.removeValue(forKey: name)?.account.change(nil) }

    mutating func removeToken(_ name: String) {
        guard let token = tokens.removeValue(forKey: name) else { return }
        if token.isCertificate { certificates[token.hash] = nil } else { names[token.hash] = nil }
        token.account.change(nil)
    }

    mutating func setRights(_ rights: Rights, ofUser name: String) {
        users[name]?.rights = rights
        users[name]?.account.change(rights)
    }

    mutating func setRights(_ rights: Rights, ofToken name: String) {
        tokens[name]?.rights = rights
        tokens[name]?.account.change(rights)
    }

    /// Connections that are open under the old password end.
    mutating func setPassword(_ hash: String, ofUser name: String, account: Account) {
        users[name]?.account.change(nil)
        users[name]?.password = hash
        users[name]?.account = account
    }
}

extension AccountBook.User {
    var identity: Identity { Identity(.user, name: name, account) }
}

extension AccountBook.Token {
    var identity: Identity { Identity(.token, name: name, account) }
}

// MARK: Sessions

extension AccountBook {
    /// Something of the password or the token that says nothing of either and differs once it is another one.
    ///
    /// - Returns: nil of who has no name, or not any more.
    func proof(of identity: Identity) -> String? {
        let (known, secret): (Identity?, String?) =
            switch identity.kind {
            case .user: (users[identity.name]?.identity, users[identity.name]?.password)
            case .token: (tokens[identity.name]?.identity, tokens[identity.name]?.hash.hexadecimal)
            case .anybody, .unknown: (nil, nil)
            }
        guard let known, known.isSame(as: identity), let secret else { return nil }
        return SHA256(of: "session \(secret)".utf8).hexadecimal
    }

    /// Whose session a row is, as far as he is there.
    func owner(of row: SessionRow) -> (identity: Identity, proof: String)? {
        let identity =
            switch row.kind {
            case .user: users[row.name]?.identity
            case .token: tokens[row.name]?.identity
            }
        guard let identity, let proof = proof(of: identity) else { return nil }
        return (identity, proof)
    }
}
