internal import Komoku
package import KomokuWire
internal import Synchronization

/// How often each command came since the server started, over all connections.
package final class CommandCounts: Sendable {
    private let counts = Mutex<[Command.Name: Int]>([:])
    /// Changes that clients were not told of, because they read slowly.
    private let skipped = Atomic(0)

    package func add(_ names: some Sequence<Command.Name>) {
        counts.withLock { counts in
            for name in names { counts[name, default: 0] += 1 }
        }
    }

    package func add(skipped count: Int) {
        if count > 0 { skipped.wrappingAdd(count, ordering: .relaxed) }
    }

    var skippedChanges: Int { skipped.load(ordering: .relaxed) }

    /// By name, in the order of the alphabet.
    var json: JSON {
        let counts = counts.withLock { $0 }
        return .object(
            counts.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { JSON.Member($0.key.rawValue, .number(Double($0.value))) })
    }
}
