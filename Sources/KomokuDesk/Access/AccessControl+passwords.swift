internal import KomokuHub
internal import Synchronization

extension AccessControl {
    /// Whether a name and a password belong together.
    func check(_ name: String, _ password: String, at entrance: Entrance, _ then: @escaping Admission) {
        let (now, address) = (clock.monotonic, entrance.address)
        let (wait, user, isKnown) = state.withLock { state in
            let user = state.book.users[name]
            let isKnown = user.map { user in
                state.verified.holds(name, password, from: address, account: user.account, at: now)
            }
            return (state.throttle.wait(of: address, name: name, at: now), user, isKnown ?? false)
        }
        if wait > 0 { return then(.failure(.throttled(wait))) }
        if isKnown, let user { return then(.success(user.identity)) }
        let isTaken = checks.async(for: address) { [self] in
            // A user that there is not takes as long.
            let isRight = PasswordHash.matches(password, user?.password ?? decoyHash()) && user != nil
            then(judged(isRight ? user : nil, name, password, address))
        }
        if !isTaken { then(.failure(.throttled(1))) }
    }

    private func judged(
        _ user: AccountBook.User?, _ name: String, _ password: String, _ address: String
    ) -> Result<Identity, AccessRefusal> {
        let now = clock.monotonic
        return state.withLock { state in
            guard let user, user.account.rights != nil else {
                state.throttle.failed(from: address, name: name, at: now)
                return .failure(.wrongPassword)
            }
            state.throttle.succeeded(from: address, name: name, at: now)
            state.verified.add(name, password, from: address, account: user.account, at: now)
            return .success(user.identity)
        }
    }

    private func decoyHash() -> String {
        if let hash = decoy.withLock({ $0 }) { return hash }
        let hash = PasswordHash.make(AccessSecret.random()) ?? ""
        decoy.withLock { $0 = hash }
        return hash
    }
}

// MARK: Sessions of the web page

extension AccessControl {
    package typealias Login = @Sendable (Result<WebSession, AccessRefusal>) -> Void

    /// Begins a session for who proves who he is, by a password or a token.
    ///
    /// - Parameter then: called once, on any thread.
    package func logIn(_ credentials: Credentials, at entrance: Entrance, then: @escaping Login) {
        admit(credentials, at: entrance) { [self] result in
            then(
                result.map { identity in
                    withSessions { state in
                        let proof = state.book.proof(of: identity)
                        return state.sessions.begin(identity, proof: proof, at: moment)
                    }
                })
        }
    }

    /// Whether a request that changes something was sent by a page of ours.
    package func isRight(csrfToken: String, ofSession cookie: String) -> Bool {
        state.withLock { $0.sessions.isRight(csrf: csrfToken, of: cookie) }
    }

    /// What the page has to send with what changes something, for a page that was loaded again; nil where the session is over.
    package func csrfToken(ofSession cookie: String) -> String? { state.withLock { $0.sessions.csrf(of: cookie) } }

    package func logOut(_ cookie: String) { withSessions { $0.sessions.end(cookie) } }

    func identity(ofSession cookie: String) -> Identity? {
        withSessions { $0.sessions.identity(of: cookie, at: moment) }
    }

    var moment: WebSessions.Moment { WebSessions.Moment(monotonic: clock.monotonic, time: clock.now) }

    /// Hands the store what has changed of the sessions, in the order in which it happened.
    private func withSessions<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            keep(state.sessions.takeChanges())
            return result
        }
    }
}
