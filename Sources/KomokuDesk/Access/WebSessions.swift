internal import Komoku

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

/// The sessions of the web page, in memory: after a restart people log in again. A bounded number of them.
struct WebSessions {
    private struct Entry {
        var csrf: [UInt8]
        var identity: Identity
        var began: Int64
        var used: Int64
    }

    /// By the hash of the cookie's value.
    private var entries: [SHA256: Entry] = [:]

    static let lifetime: Int64 = 30 * 86_400_000_000
    /// Without a request it ends earlier.
    static let idle: Int64 = 7 * 86_400_000_000
    private static let most = 1024
    private static let mostOfOne = 32

    mutating func begin(_ identity: Identity, at now: Int64) -> WebSession {
        entries = entries.filter { Self.isAlive($0.value, at: now) }
        let own = entries.filter { $0.value.identity.isSame(as: identity) }
        if own.count >= Self.mostOfOne { removeOldest(of: own) }
        if entries.count >= Self.most { removeOldest(of: entries) }
        let (cookie, csrf) = (AccessSecret.random(), AccessSecret.random())
        entries[SHA256(of: cookie.utf8)] = Entry(
            csrf: Array(csrf.utf8), identity: identity, began: now, used: now)
        return WebSession(
            cookie: cookie, csrfToken: csrf, identity: identity, lifetime: Int(Self.lifetime / 1_000_000))
    }

    /// Nil where it is over.
    mutating func identity(of cookie: String, at now: Int64) -> Identity? {
        let hash = SHA256(of: cookie.utf8)
        guard let entry = entries[hash] else { return nil }
        guard Self.isAlive(entry, at: now) else {
            entries[hash] = nil
            return nil
        }
        entries[hash]?.used = now
        return entry.identity
    }

    func isRight(csrf: String, of cookie: String) -> Bool {
        guard let entry = entries[SHA256(of: cookie.utf8)] else { return false }
        return AccessSecret.isEqual(entry.csrf, Array(csrf.utf8))
    }

    func csrf(of cookie: String) -> String? {
        entries[SHA256(of: cookie.utf8)].map { String(decoding: $0.csrf, as: UTF8.self) }
    }

    mutating func end(_ cookie: String) { entries[SHA256(of: cookie.utf8)] = nil }

    private static func isAlive(_ entry: Entry, at now: Int64) -> Bool {
        now - entry.began < lifetime && now - entry.used < idle && entry.identity.validRights != nil
    }

    private mutating func removeOldest(of some: [SHA256: Entry]) {
        if let oldest = some.min(by: { $0.value.used < $1.value.used }) { entries[oldest.key] = nil }
    }
}
