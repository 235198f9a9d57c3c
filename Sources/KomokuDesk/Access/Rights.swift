package import Komoku

/// The keys that a caller may read and put, and whether the house is his to run.
package struct Rights: Hashable, Sendable {
    /// Nil is every key.
    package var reading: [KeyPattern]?
    package var writing: [KeyPattern]?
    /// Backups, the configuration, dead letters, users and tokens. Who may do this may read and put every key.
    package var isAdmin: Bool

    package static let all = Rights(isAdmin: true)
    package static let none = Rights(reading: [], writing: [])

    package init(reading: [KeyPattern]? = nil, writing: [KeyPattern]? = nil, isAdmin: Bool = false) {
        (self.reading, self.writing, self.isAdmin) = (reading, writing, isAdmin)
    }

    package func mayRead(_ key: KeyName) -> Bool { readsAll || (reading?.contains { $0.matches(key) } ?? true) }
    package func mayWrite(_ key: KeyName) -> Bool { writesAll || (writing?.contains { $0.matches(key) } ?? true) }

    /// Whether every key may be read, those to come too.
    package var readsAll: Bool { isAdmin || reading == nil }
    package var writesAll: Bool { isAdmin || writing == nil }
}
