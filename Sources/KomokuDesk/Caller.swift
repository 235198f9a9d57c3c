package import Komoku
package import KomokuWire
internal import Synchronization

/// Who asks, on which surface, and what he may.
package final class Caller: Sendable {
    /// The word for causes and logs: `websocket`.
    package let surface: String
    /// Whether he is on the hub's machine.
    package let isLocal: Bool
    /// What he understands: the first protocol knows no devices, and tells of a key's options only those that were defined.
    package let version: ProtocolVersion
    package let rights: Rights
    private let left = Atomic(false)

    package init(_ surface: String, isLocal: Bool, version: ProtocolVersion = .v2, rights: Rights = .all) {
        (self.surface, self.isLocal, self.version, self.rights) = (surface, isLocal, version, rights)
    }

    /// Nobody hears any more. Commands that came before are carried out, but nothing is read for them.
    package func leave() { left.store(true, ordering: .releasing) }
    package var isGone: Bool { left.load(ordering: .acquiring) }
}

/// The keys that a caller may read and put. Nobody is restricted as long as there are no users.
package struct Rights: Hashable, Sendable {
    /// Nil is every key.
    package var reading: [KeyPattern]?
    package var writing: [KeyPattern]?

    package static let all = Rights()

    package init(reading: [KeyPattern]? = nil, writing: [KeyPattern]? = nil) {
        (self.reading, self.writing) = (reading, writing)
    }

    package func mayRead(_ key: KeyName) -> Bool { reading?.contains { $0.matches(key) } ?? true }
    package func mayWrite(_ key: KeyName) -> Bool { writing?.contains { $0.matches(key) } ?? true }
    /// Whether everything is allowed, which is what commands about the whole house need.
    package var isAll: Bool { reading == nil && writing == nil }
}
