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
    /// Where he came in, for who says only later who he is.
    package let entrance: Entrance
    private let who: Mutex<Identity>
    private let left = Atomic(false)
    private let endings = Mutex(Endings())

    /// What is to be given up when nobody hears any more.
    private struct Endings {
        var next = 0
        var all: [Int: @Sendable () -> Void] = [:]
    }

    package init(
        _ surface: String, isLocal: Bool, version: ProtocolVersion = .v2, identity: Identity, entrance: Entrance
    ) {
        (self.surface, self.isLocal, self.version) = (surface, isLocal, version)
        self.entrance = entrance
        who = Mutex(identity)
    }

    package convenience init(
        _ surface: String, isLocal: Bool, version: ProtocolVersion = .v2, rights: Rights = .all
    ) {
        self.init(
            surface, isLocal: isLocal, version: version, identity: Identity(rights: rights),
            entrance: Entrance(address: "", openness: .never))
    }

    /// For causes: the surface and who asks, `http user anna`; without a name the surface alone.
    package var origin: String { identity.label.map { "\(surface) \($0)" } ?? surface }

    package var identity: Identity { who.withLock { $0 } }
    /// What he may at this moment.
    package var rights: Rights { identity.rights }

    /// He has said who he is.
    package func become(_ identity: Identity) { who.withLock { $0 = identity } }

    /// Nobody hears any more. Commands that came before are carried out, but nothing is read for them.
    package func leave() {
        left.store(true, ordering: .releasing)
        let endings = endings.withLock { endings in
            defer { endings.all = [:] }
            return endings.all.values
        }
        for end in endings { end() }
    }
    package var isGone: Bool { left.load(ordering: .acquiring) }

    /// - Parameter body: called once when he leaves, on any thread, unless `forget` is called before; at once where he is gone.
    /// - Returns: for `forget`.
    func whenGone(_ body: @escaping @Sendable () -> Void) -> Int {
        let number = endings.withLock { endings in
            endings.next += 1
            endings.all[endings.next] = body
            return endings.next
        }
        // Whoever left meanwhile did not see it.
        if isGone, let body = endings.withLock({ $0.all.removeValue(forKey: number) }) { body() }
        return number
    }

    func forget(_ number: Int) { endings.withLock { _ = $0.all.removeValue(forKey: number) } }
}
