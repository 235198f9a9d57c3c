internal import Komoku
package import KomokuHub
package import KomokuStore
internal import Synchronization

/// Who may come in. Knows the users and tokens, checks what somebody says of himself, and counts who fails.
///
/// Everything here is for any thread, and nothing waits: passwords are hashed on a thread of their own.
package final class AccessControl: Sendable {
    struct State {
        var book = AccountBook()
        var throttle = Throttle()
        var sessions = WebSessions()
        var verified = VerifiedPasswords()
        /// Users and tokens could not be read: nobody comes in.
        var fault: String?
        /// A port that others than this machine reach, where there is one: it needs a user or a token.
        var reach: String?
    }

    let state = Mutex(State())
    let clock: any HubClock
    /// Nil keeps all in memory.
    let store: Store?
    let checks = PasswordChecks()
    /// Of who says nothing on a port that is open as long as there are no accounts.
    let anybody: Account
    /// Of who says nothing where the configuration lets everybody in.
    private let guest: Account
    /// What the password of a user that there is not is compared with, so that it takes as long; made when first needed.
    let decoy = Mutex<String?>(nil)

    package typealias Admission = @Sendable (Result<Identity, AccessRefusal>) -> Void

    package init(store: Store? = nil, clock: any HubClock = SystemClock()) {
        (self.store, self.clock) = (store, clock)
        anybody = Account(.all)
        guest = Account(.all)
        load()
    }

    /// Whether there are users or tokens: other ports than those of this machine may be opened, and these are not open to
    /// everybody any more.
    package var hasAccounts: Bool { state.withLock { !$0.book.isEmpty } }

    /// Says which port others than this machine reach; nil where there is none.
    ///
    /// - Returns: false, and then nothing is changed, where there is neither a user nor a token: whoever reaches such a port
    ///   could command the house.
    package func setReach(_ place: String?) -> Bool {
        state.withLock { state in
            if place != nil, state.book.isEmpty { return false }
            state.reach = place
            return true
        }
    }

    package var reach: String? { state.withLock { $0.reach } }

    /// Lets somebody in, or says why not.
    ///
    /// - Parameter then: called once; at once, but where a password has to be hashed, on any thread.
    package func admit(_ credentials: Credentials, at entrance: Entrance, then: @escaping Admission) {
        switch credentials {
        case .none: then(admitUnnamed(at: entrance))
        case .token(let secret): then(admit(token: secret, at: entrance))
        case .session(let cookie):
            then(identity(ofSession: cookie).map { .success($0) } ?? .failure(.noSession))
        case .certificate(let name, let fingerprint): then(admit(certificate: fingerprint, of: name))
        case .password(let name, let password): check(name, password, at: entrance, then)
        }
    }

    /// The same, of a port that only this machine reaches, or any other.
    package func admit(
        _ credentials: Credentials, from address: String, isLoopback: Bool, isForwarded: Bool,
        then: @escaping Admission
    ) {
        let entrance = Entrance(address: address, isLoopback: isLoopback, isForwarded: isForwarded)
        admit(credentials, at: entrance, then: then)
    }

    private func admitUnnamed(at entrance: Entrance) -> Result<Identity, AccessRefusal> {
        let (hasAccounts, fault) = state.withLock { (!$0.book.isEmpty, $0.fault) }
        switch entrance.openness {
        case .never: return .failure(.unknown)
        case .untilAccounts:
            if let fault { return .failure(AccessRefusal(.unauthorized, "users and tokens cannot be read: \(fault)")) }
            if hasAccounts { return .failure(.unknown) }
        case .always: break
        }
        guard !entrance.isForwarded else { return .failure(.forwarded) }
        return .success(Identity(.anybody, entrance.openness == .always ? guest : anybody))
    }

    /// Nobody guesses 256 bits, so that a right one is let in however many wrong ones came from there; these are counted, and
    /// wait, to keep them cheap.
    private func admit(token secret: String, at entrance: Entrance) -> Result<Identity, AccessRefusal> {
        let (now, time) = (clock.monotonic, clock.now)
        return state.withLock { state in
            guard let token = state.book.token(of: secret) else {
                let wait = state.throttle.wait(of: entrance.address, name: nil, at: now)
                if wait > 0 { return .failure(.throttled(wait)) }
                state.throttle.failed(from: entrance.address, name: nil, at: now)
                return .failure(.wrongToken)
            }
            guard token.account.rights != nil else { return .failure(.expired(token.name)) }
            noteUse(of: token, at: time, &state)
            return .success(token.identity)
        }
    }

    /// A token that stands for this very certificate, else the token or the user that is called like it: who signs
    /// certificates for clients says who they are.
    private func admit(certificate fingerprint: String, of name: String?) -> Result<Identity, AccessRefusal> {
        let time = clock.now
        return state.withLock { state in
            let token =
                SHA256(hexadecimal: fingerprint).flatMap { state.book.token(ofCertificate: $0) }
                // One that stands for another certificate is not to be had by its name.
                ?? name.flatMap { state.book.tokens[$0] }.flatMap { $0.isCertificate ? nil : $0 }
            if let token {
                guard token.account.rights != nil else { return .failure(.expired(token.name)) }
                noteUse(of: token, at: time, &state)
                return .success(token.identity)
            }
            guard let user = name.flatMap({ state.book.users[$0] }) else {
                return .failure(.strangeCertificate(fingerprint, of: name))
            }
            return .success(user.identity)
        }
    }
}
