package import Komoku
package import KomokuWire
internal import KomokuHub
internal import KomokuStore
internal import Synchronization

/// What administrators do with users and tokens.
extension AccessControl {
    package typealias Done<Success> = @Sendable (Result<Success, Refusal>) -> Void

    /// - Parameter then: called once, on any thread; it is on disk after the next commit.
    package func addUser(_ name: String, password: String, _ rights: Rights, then: @escaping Done<Void>) {
        do throws(Refusal) {
            try AccountNaming.check(name)
            try Self.check(password)
            try state.withLock { state throws(Refusal) in
                try Self.mayAdd(to: state.book, rights, what: "user")
                guard state.book.users[name] == nil else { throw .accountExists("a user '\(name)' exists") }
            }
        } catch {
            return then(.failure(error))
        }
        hash(password, then) { [self] hash throws(Refusal) in
            let user = AccountBook.User(
                name: name, password: hash, rights: rights, created: clock.now, account: Account(rights, clock: clock))
            try state.withLock { state throws(Refusal) in
                // Another one may have come while the password was hashed.
                guard state.book.users[name] == nil else { throw .accountExists("a user '\(name)' exists") }
                try Self.mayAdd(to: state.book, rights, what: "user")
                state.book.set(user)
                close(&state)
                keep(.user, name, user.row)
            }
        }
    }

    /// Connections and sessions under the old password end.
    package func setPassword(_ password: String, of name: String, then: @escaping Done<Void>) {
        do throws(Refusal) {
            try Self.check(password)
            try state.withLock { state throws(Refusal) in _ = try state.book.user(name) }
        } catch {
            return then(.failure(error))
        }
        hash(password, then) { [self] hash throws(Refusal) in
            try state.withLock { state throws(Refusal) in
                let user = try state.book.user(name)
                state.book.setPassword(hash, ofUser: user.name, account: Account(user.rights, clock: clock))
                keep(.user, user.name, state.book.users[name]?.row)
            }
        }
    }

    package func removeUser(_ name: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            let user = try state.book.user(name)
            try state.book.mayLose(user.rights)
            try Self.mayOpen(state)
            state.book.removeUser(user.name)
            reopen(&state)
            keep(.user, user.name, nil)
        }
    }

    package func setRights(_ rights: Rights, ofUser name: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            let user = try state.book.user(name)
            if !rights.isAdmin { try state.book.mayDemote(user.rights) }
            state.book.setRights(rights, ofUser: user.name)
            keep(.user, user.name, state.book.users[name]?.row)
        }
    }

    /// - Returns: the secret, which is told this once.
    package func addToken(_ name: String, _ rights: Rights, expires: Timestamp? = nil) throws(Refusal) -> String {
        let secret = AccessSecret.tokenPrefix + AccessSecret.random()
        try addToken(name, SHA256(of: secret.utf8), isCertificate: false, rights, expires)
        return secret
    }

    /// A token that is a client's certificate, which an authority that the port trusts has signed.
    ///
    /// - Parameter fingerprint: its SHA-256.
    package func addToken(
        _ name: String, certificate fingerprint: String, _ rights: Rights, expires: Timestamp? = nil
    ) throws(Refusal) {
        guard let digest = SHA256(hexadecimal: fingerprint) else {
            throw .invalidQuery("'certificate' must be its SHA-256: 64 hexadecimal digits")
        }
        try addToken(name, digest, isCertificate: true, rights, expires)
    }

    private func addToken(
        _ name: String, _ hash: SHA256, isCertificate: Bool, _ rights: Rights, _ expires: Timestamp?
    ) throws(Refusal) {
        try AccountNaming.check(name)
        let now = clock.now
        if let expires, expires <= now { throw .invalidQuery("'expires' is in the past") }
        var token = AccountBook.Token(
            name: name, hash: hash, rights: rights, created: now, expires: expires, used: nil,
            account: Account(rights, expires: expires, clock: clock))
        token.isCertificate = isCertificate
        try state.withLock { [token] state throws(Refusal) in
            if isCertificate, state.book.token(ofCertificate: hash) != nil {
                throw .accountExists("there is a token for this certificate already")
            }
            guard state.book.tokens[name] == nil else { throw .accountExists("a token '\(name)' exists") }
            var lasting = rights
            if expires != nil { lasting.isAdmin = false }
            try Self.mayAdd(to: state.book, lasting, what: "token")
            state.book.set(token)
            close(&state)
            keep(.token, name, token.row)
        }
    }

    package func removeToken(_ name: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            let token = try state.book.token(name)
            if token.expires == nil { try state.book.mayLose(token.rights) }
            try Self.mayOpen(state)
            state.book.removeToken(token.name)
            reopen(&state)
            keep(.token, token.name, nil)
        }
    }

    package func setRights(_ rights: Rights, ofToken name: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            let token = try state.book.token(name)
            if !rights.isAdmin, token.expires == nil { try state.book.mayDemote(token.rights) }
            state.book.setRights(rights, ofToken: token.name)
            keep(.token, token.name, state.book.tokens[name]?.row)
        }
    }

    // MARK: Both

    /// Who was let in without a name is not any more.
    private func close(_ state: inout State) {
        anybody.change(nil)
        state.fault = nil
    }

    /// With the last one the hub is open to its own machine again.
    private func reopen(_ state: inout State) {
        if state.book.isEmpty { anybody.change(.all) }
    }

    /// The last one stays while others than this machine reach the hub, which would not start again without it.
    private static func mayOpen(_ state: State) throws(Refusal) {
        guard let place = state.reach, state.book.users.count + state.book.tokens.count == 1 else { return }
        throw .notAllowed(
            "this is the last one, and the hub listens on \(place): without a user or a token it would not start again; add "
                + "another one first, or remove 'address' from 'listen' in the configuration and reload")
    }

    /// The first one closes the hub to all others, and somebody has to be able to make the next.
    private static func mayAdd(to book: AccountBook, _ rights: Rights, what: String) throws(Refusal) {
        guard book.users.count + book.tokens.count < AccountBook.most else {
            throw .notAllowed("the hub keeps at most \(AccountBook.most) users and tokens")
        }
        guard book.admins > 0 || rights.isAdmin else {
            throw .notAllowed(
                "the first \(what) must be an administrator\(what == "token" ? " that does not expire" : ""): from then on "
                    + "everybody has to log in, and somebody must be able to add others")
        }
    }

    private static func check(_ password: String) throws(Refusal) {
        guard PasswordHash.isPossible(password), password.utf8.count >= PasswordHash.minimumLength else {
            throw .invalidQuery(
                "a password has \(PasswordHash.minimumLength) to \(PasswordHash.maximumLength) bytes, none of them zero"
            )
        }
    }

    private func hash(
        _ password: String, _ then: @escaping Done<Void>,
        _ body: @escaping @Sendable (String) throws(Refusal) -> Void
    ) {
        let isTaken = checks.async(for: "") {
            do throws(Refusal) {
                guard let hash = PasswordHash.make(password) else {
                    throw .notAllowed("the system's crypt(3) knows no yescrypt")
                }
                then(.success(try body(hash)))
            } catch {
                then(.failure(error))
            }
        }
        if !isTaken { then(.failure(.busy)) }
    }
}

/// What users and tokens may be called.
enum AccountNaming {
    /// - Throws: where it cannot be told apart in a log, a list or a header.
    static func check(_ name: String) throws(Refusal) {
        let isWhole = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "._-@+".unicodeScalars.contains(scalar)
        }
        guard isWhole, (1...64).contains(name.utf8.count) else {
            throw .invalidQuery("a name has 1 to 64 bytes: letters, digits and . _ - @ +")
        }
    }
}

extension AccountBook {
    fileprivate func user(_ name: String) throws(Refusal) -> User {
        guard let user = users[name] else { throw .notFound("there is no user '\(name)'") }
        return user
    }

    fileprivate func token(_ name: String) throws(Refusal) -> Token {
        guard let token = tokens[name] else { throw .notFound("there is no token '\(name)'") }
        return token
    }

    /// The last administrator goes last.
    fileprivate func mayLose(_ rights: Rights) throws(Refusal) {
        guard rights.isAdmin, admins == 1, users.count + tokens.count > 1 else { return }
        throw .lastAdmin
    }

    fileprivate func mayDemote(_ rights: Rights) throws(Refusal) {
        if rights.isAdmin, admins == 1 { throw .lastAdmin }
    }
}

extension Refusal {
    fileprivate static let lastAdmin = Refusal.notAllowed(
        "this is the last administrator, and nobody could add users and tokens any more; make another administrator first"
    )

    fileprivate static func accountExists(_ message: String) -> Refusal { Refusal(code: "exists", message) }
}

// MARK: Lists

extension AccessControl {
    package var users: [AccountDescription] {
        let users = state.withLock { Array($0.book.users.values) }
        return users.sorted { $0.name < $1.name }.map { user in
            AccountDescription(user.name, user.rights.told, created: user.created)
        }
    }

    package var tokens: [AccountDescription] {
        let tokens = state.withLock { Array($0.book.tokens.values) }
        return tokens.sorted { $0.name < $1.name }.map { token in
            var description = AccountDescription(token.name, token.rights.told, created: token.created)
            (description.expires, description.used) = (token.expires, token.used)
            description.certificate = token.isCertificate ? token.hash.hexadecimal : nil
            return description
        }
    }
}
