import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization

/// A hub on an in-memory store and a clock that the test moves.
struct TestHub {
    let hub: Hub
    let clock: VirtualClock
    let store: Store

    init(
        store: Store? = nil, configuration: Hub.Configuration = .init(), clock: VirtualClock = VirtualClock(),
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws {
        self.store = try store ?? Store(Store.Configuration(location: .memory), logger: logger)
        self.clock = clock
        hub = Hub(store: self.store, configuration: configuration, clock: clock, logger: logger)
        hub.start()
    }

    /// Runs `body` and stops the hub and the store whatever happens.
    static func run(
        configuration: Hub.Configuration = .init(), _ body: (TestHub) async throws -> Void
    ) async throws {
        let test = try TestHub(configuration: configuration)
        defer { test.close() }
        try await body(test)
    }

    func close() {
        hub.stop()
        store.close()
    }

    /// - Parameter at: seconds since 1970; nil is now.
    func put(_ key: String, _ value: JSON, at time: Double? = nil) async throws {
        try await hub.put(name(key), value, at: time.flatMap(Timestamp.init(seconds:)), cause: .client("test"))
    }

    func last(_ key: String) async throws -> Value? {
        try await hub.last(name(key))?.value
    }

    func define(_ key: String, _ type: String, _ options: [JSON.Member] = []) async throws {
        try await hub.define([Definition(name: key, type: .string(type), options: options)])
    }

    /// All points as `seconds:value` texts.
    func points(_ key: String) async throws -> [String] {
        // Asked on the hub's thread, so that the turn before has handed its batch over.
        guard let info = try await hub.key(name(key)) else { return [] }
        let points = try await store.points(of: info.id, since: nil, until: nil, limit: 10_000, newestFirst: true)
        return points.reversed().map { "\(DecimalNumber.text($0.time.seconds)):\($0.value?.description ?? "gap")" }
    }

    func observe(_ feed: Feed, _ content: Observation.Content, provenance: Provenance = .live) async {
        await hub.apply([Observation(feed: feed, content: content, provenance: provenance)])
    }

    func name(_ text: String) throws -> KeyName { try KeyName(validating: text) }
}

/// Collects what a subscriber gets.
final class Inbox: Sendable {
    private let wakes = Mutex(0)
    let capacity: Int
    private let mailbox: Mutex<Subscriber?> = Mutex(nil)

    init(capacity: Int = 1024) {
        self.capacity = capacity
        let subscriber = Subscriber(capacity: capacity) { [weak self] in self?.wakes.withLock { $0 += 1 } }
        mailbox.withLock { $0 = subscriber }
    }

    var subscriber: Subscriber? { mailbox.withLock { $0 } }
    var wakeCount: Int { wakes.withLock { $0 } }

    func take(_ limit: Int = .max) -> [Delivery] { subscriber?.drain(max: limit) ?? [] }

    /// `key=value` texts of everything that waits.
    func texts() -> [String] { take().map { "\($0.change.key)=\($0.change.value)" } }
}
