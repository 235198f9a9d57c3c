import Komoku
import KomokuHub
import KomokuStore
import KomokuSystem
import KomokuTesting
import Logging
import Synchronization
import Testing

/// A hub on a file; each restart opens the file anew.
final class House {
    let clock = VirtualClock()
    private let folder: TemporaryFolder
    private(set) var test: TestHub

    init() throws {
        folder = try TemporaryFolder()
        test = try Self.hub(folder, clock)
    }

    private static func hub(_ folder: TemporaryFolder, _ clock: VirtualClock) throws -> TestHub {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let file = Store.Configuration(location: .file(folder.path("hub.db")))
        return try TestHub(store: Store(file, logger: logger), clock: clock)
    }

    func restart(seals: Bool = false) async throws {
        if seals { await seal() }
        test.close()
        test = try Self.hub(folder, clock)
    }

    func seal() async {
        // Asked on the hub's thread, so that the turn before has handed its batch over.
        _ = await test.hub.keyCount
        let store = test.store
        await withCheckedContinuation { done in store.seal { _ in done.resume() } }
    }

    func compact() async {
        _ = await test.hub.keyCount
        let store = test.store
        await withCheckedContinuation { done in store.compact { _ in done.resume() } }
    }

    /// Waits for what the store answers on its own threads.
    func settle(_ isSo: (Hub) async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            if await isSo(test.hub) { return }
            _ = try await test.store.points(of: KeyID(rawValue: 0), since: nil, until: nil, limit: 1, newestFirst: true)
        }
        Issue.record("it did not come to that")
    }

    func end() {
        test.close()
        folder.remove()
    }
}

/// Whether a clock is set, as a test says.
final class FakeStatus: ClockStatus {
    let isSet = Atomic(false)

    func isSynchronized(at now: Timestamp) -> Bool { isSet.load(ordering: .relaxed) }
}

extension Timestamp {
    static func at(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) ?? .distantPast }
}
