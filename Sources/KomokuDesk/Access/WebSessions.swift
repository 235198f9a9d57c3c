internal import Komoku
internal import KomokuStore

/// A session of the web page, as its page is told of it when somebody has logged in.
package struct WebSession: Sendable {
    /// The value of the cookie; it is known to the browser alone.
    package let cookie: String
    /// What the page sends with each request that changes something, in a header that no other site can set.
    package let csrfToken: String
    package let identity: Identity
    /// Seconds that the cookie may live at most.
    package let lifetime: Int
}

/// The sessions of the web page, a bounded number of them. Those of users and tokens are kept in the store, so that a restart
/// logs nobody out: neither the family nor the tablet on the wall.
///
/// Here ages are those of the monotonic clock, so that a clock that is set ends no session; in the store they are times.
struct WebSessions {
    private struct Entry {
        var identity: Identity
        /// Of the identity's password or token, when it began; nil of one that is not kept.
        var proof: String?
        var began: Int64
        var used: Int64
        /// When its use was last written down.
        var noted: Int64
    }

    /// By the hash of the cookie's value.
    private var entries: [SHA256: Entry] = [:]
    /// What the store is to be given.
    private var changes: [SessionWrite] = []

    /// Browsers keep no cookie for longer.
    static let lifetime: Int64 = 400 * day
    /// Without a request it ends earlier.
    static let idle: Int64 = 90 * day
    private static let day: Int64 = 86_400_000_000
    private static let noteInterval: Int64 = 3_600_000_000
    private static let most = 1024
    private static let mostOfOne = 32

    /// - Parameters:
    ///   - proof: what has to be the same when the hub starts again; nil is not kept.
    ///   - now: on the monotonic clock, and what time it is.
    mutating func begin(_ identity: Identity, proof: String?, at now: Moment) -> WebSession {
        for (hash, entry) in entries where !Self.isAlive(entry, at: now.monotonic) { remove(hash) }
        let own = entries.filter { $0.value.identity.isSame(as: identity) }
        if own.count >= Self.mostOfOne { removeOldest(of: own) }
        if entries.count >= Self.most { removeOldest(of: entries) }
        let cookie = AccessSecret.random()
        let hash = SHA256(of: cookie.utf8)
        entries[hash] = Entry(
            identity: identity, proof: proof, began: now.monotonic, used: now.monotonic, noted: now.monotonic)
        note(hash, at: now)
        return WebSession(
            cookie: cookie, csrfToken: Self.csrf(of: cookie), identity: identity,
            lifetime: Int(Self.lifetime / 1_000_000))
    }

    /// Nil where it is over.
    mutating func identity(of cookie: String, at now: Moment) -> Identity? {
        let hash = SHA256(of: cookie.utf8)
        guard let entry = entries[hash] else { return nil }
        guard Self.isAlive(entry, at: now.monotonic) else {
            remove(hash)
            return nil
        }
        entries[hash]?.used = now.monotonic
        if now.monotonic - entry.noted >= Self.noteInterval { note(hash, at: now) }
        return entry.identity
    }

    func isRight(csrf: String, of cookie: String) -> Bool {
        guard entries[SHA256(of: cookie.utf8)] != nil else { return false }
        return AccessSecret.isEqual(Array(Self.csrf(of: cookie).utf8), Array(csrf.utf8))
    }

    func csrf(of cookie: String) -> String? {
        entries[SHA256(of: cookie.utf8)] == nil ? nil : Self.csrf(of: cookie)
    }

    mutating func end(_ cookie: String) { remove(SHA256(of: cookie.utf8)) }

    /// Made from the cookie, so that it need not be kept: who has the one knows nothing of the other.
    private static func csrf(of cookie: String) -> String {
        AccessSecret.text(SHA256(of: "csrf \(cookie)".utf8).bytes)
    }

    private static func isAlive(_ entry: Entry, at now: Int64) -> Bool {
        now - entry.began < lifetime && now - entry.used < idle && entry.identity.validRights != nil
    }

    private mutating func removeOldest(of some: [SHA256: Entry]) {
        if let oldest = some.min(by: { $0.value.used < $1.value.used }) { remove(oldest.key) }
    }

    private mutating func remove(_ hash: SHA256) {
        guard let entry = entries.removeValue(forKey: hash), entry.proof != nil else { return }
        changes.append(SessionWrite(cookie: hash.hexadecimal, nil))
    }
}

// MARK: In the store

extension WebSessions {
    /// One moment on both clocks.
    struct Moment {
        /// In microseconds.
        let monotonic: Int64
        let time: Timestamp
    }

    /// Takes what the store is to be given.
    mutating func takeChanges() -> [SessionWrite] {
        defer { changes = [] }
        return changes
    }

    /// Takes over what the store has; what is over, or whose user or token is another one now, is removed.
    ///
    /// A clock that stands before the last use (a board without a clock of its own has just started) ends nothing.
    ///
    /// - Parameter owner: who a row belongs to, and the proof that he has now; nil where there is no such user or token.
    mutating func restore(
        _ rows: [SessionRow], at now: Moment, owner: (SessionRow) -> (identity: Identity, proof: String)?
    ) {
        for row in rows {
            guard let hash = SHA256(hexadecimal: row.cookie), let (identity, proof) = owner(row), proof == row.proof,
                entries.count < Self.most
            else {
                changes.append(SessionWrite(cookie: row.cookie, nil))
                continue
            }
            func moment(_ time: Timestamp) -> Int64 {
                now.monotonic - max(0, now.time.microseconds - time.microseconds)
            }
            entries[hash] = Entry(
                identity: identity, proof: proof, began: moment(row.began), used: moment(row.used),
                noted: moment(row.used))
            guard let entry = entries[hash], !Self.isAlive(entry, at: now.monotonic) else { continue }
            remove(hash)
        }
    }

    private mutating func note(_ hash: SHA256, at now: Moment) {
        entries[hash]?.noted = now.monotonic
        guard let entry = entries[hash], let proof = entry.proof, let kind = entry.identity.kind.account else { return }
        let began = now.time.microseconds - (now.monotonic - entry.began)
        changes.append(
            SessionWrite(
                cookie: hash.hexadecimal,
                SessionRow(
                    cookie: hash.hexadecimal, kind: kind, name: entry.identity.name, proof: proof,
                    began: Timestamp(microseconds: began), used: now.time)))
    }
}

extension Identity.Kind {
    fileprivate var account: AccountRow.Kind? {
        switch self {
        case .user: .user
        case .token: .token
        case .anybody, .unknown: nil
        }
    }
}
