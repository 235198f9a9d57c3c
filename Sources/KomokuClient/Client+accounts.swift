public import Komoku
public import KomokuWire

/// Who may come in.
extension Client {
    /// Says who asks, for this connection.
    ///
    /// - Throws: `ClientError` with the code `unauthorized` where the hub does not know him.
    @discardableResult
    public func authenticate(token: String) async throws(ClientError) -> IdentityReport {
        try await ask(.auth(AuthRequest(token: token)))
    }

    /// The same with a password, which the hub takes a moment to check.
    @discardableResult
    public func authenticate(user: String, password: String) async throws(ClientError) -> IdentityReport {
        try await ask(.auth(AuthRequest(user: user, password: password)))
    }

    /// Who this client is to the hub, and what he may.
    public func whoAmI() async throws(ClientError) -> IdentityReport { try await ask(.auth(AuthRequest())) }

    public func users() async throws(ClientError) -> [AccountDescription] {
        try await ask(.users, for: UsersList.self).users
    }

    public func addUser(
        _ name: String, password: String, _ rights: AccountRights
    ) async throws(ClientError) {
        try await perform(.addUser(AddUserRequest(name, password: password, rights)))
    }

    public func removeUser(_ name: String) async throws(ClientError) {
        try await perform(.removeUser(UserRequest(name)))
    }

    /// - Parameter old: the password so far; administrators need none.
    public func setPassword(
        of name: String, to password: String, old: String? = nil
    ) async throws(ClientError) {
        try await perform(.setPassword(SetPasswordRequest(of: name, to: password, old: old)))
    }

    public func setRights(ofUser name: String, _ rights: AccountRights) async throws(ClientError) {
        try await perform(.setRights(SetRightsRequest(of: .user(name), rights)))
    }

    public func tokens() async throws(ClientError) -> [AccountDescription] {
        try await ask(.tokens, for: TokensList.self).tokens
    }

    /// - Parameters:
    ///   - expires: nil is never.
    ///   - certificate: the SHA-256 of a client's certificate, which takes the place of a secret.
    /// - Returns: the secret with it; the hub tells it this once.
    public func addToken(
        _ name: String, _ rights: AccountRights, expires: Timestamp? = nil, certificate: String? = nil
    ) async throws(ClientError) -> NewToken {
        try await ask(.addToken(AddTokenRequest(name, rights, expires: expires, certificate: certificate)))
    }

    public func removeToken(_ name: String) async throws(ClientError) {
        try await perform(.removeToken(TokenRequest(name)))
    }

    public func setRights(ofToken name: String, _ rights: AccountRights) async throws(ClientError) {
        try await perform(.setRights(SetRightsRequest(of: .token(name), rights)))
    }
}
