import Komoku
import KomokuDesk
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Synchronization
import Testing

/// A hub on a clock that a test moves, which can be started again on the same database.
final class HelperHouse: Sendable {
    let desk: Desk
    let clock: VirtualClock
    let people: PeopleBook
    private let folder: TemporaryFolder
    private let isStopped = Atomic(false)

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    init(
        _ folder: TemporaryFolder, _ clock: VirtualClock = VirtualClock(), zone: String = "Europe/Warsaw",
        keys: Hub.Configuration.KeyEntries = [], people: PeopleSettings = PeopleSettings()
    ) throws {
        (self.folder, self.clock) = (folder, clock)
        let store = try Store(
            Store.Configuration(location: .file(folder.path("komoku.db"))), logger: Self.silent)
        var configuration = Hub.Configuration()
        (configuration.timeZone, configuration.keys) = (zone, keys)
        for entry in people.keys { configuration.keys.append(entry) }
        let hub = Hub(store: store, configuration: configuration, clock: clock, logger: Self.silent)
        self.people = PeopleBook(people)
        desk = Desk(hub, people: self.people)
        hub.start()
    }

    static func run(
        zone: String = "Europe/Warsaw", keys: Hub.Configuration.KeyEntries = [], at start: String? = nil,
        _ body: (HelperHouse) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let time = start.flatMap(Timestamp.init(dated:))
        let house = try HelperHouse(
            folder, VirtualClock(seconds: time?.seconds ?? 1_700_000_000), zone: zone, keys: keys)
        try await body(house)
        house.stop()
    }

    func stop() {
        guard !isStopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
        desk.hub.stop()
        desk.hub.store.close()
    }

    /// The next process, after a time in which none ran.
    func restarted(
        after pause: Duration = .zero, zone: String = "Europe/Warsaw", keys: Hub.Configuration.KeyEntries = [],
        people: PeopleSettings = PeopleSettings()
    ) throws -> HelperHouse {
        stop()
        clock.advance(by: pause)
        return try HelperHouse(folder, clock, zone: zone, keys: keys, people: people)
    }

    @discardableResult
    func ask(_ text: String, as rights: Rights = .all) async throws -> JSON {
        let command = try #require(Request(text.utf8, version: .v2).entries.first).command.get()
        let caller = Caller("test", isLocal: true, rights: rights)
        let reply = await withCheckedContinuation { continuation in
            desk.perform(command, for: caller) {
                continuation.resume(returning: $0)
            } pieces: { _ in
                continuation.resume(returning: .error(.invalidQuery))
            }
        }
        var bytes: [UInt8] = []
        reply.write(into: &bytes, version: .v2, queryID: nil)
        return try JSON(parsing: bytes)
    }

    /// Why a command is refused, as a sentence, whether it can be read or not.
    func complaint(_ text: String) async -> String? {
        do { return try await ask(text)["message"]?.string } catch { return (error as? Refusal)?.message }
    }

    func set(_ helper: String) async throws {
        let answer = try await ask(#"{"set_helper":\#(helper)}"#)
        #expect(answer["result"] == "ok", "\(answer.text)")
    }

    func put(_ key: String, _ value: String) async throws -> JSON {
        try await ask(#"{"put":{"key":"\#(key)","value":\#(value)}}"#)
    }

    func value(_ key: String) async throws -> JSON? { try await ask(#"{"get":{"key":"\#(key)"}}"#)["result"] }

    func helper(_ key: String) async throws -> JSON? {
        try await ask(#"{"helpers":{}}"#)["result"]?["helpers"]?.array?.first { $0["key"]?.string == key }
    }

    func advance(_ seconds: Int64) async { await clock.advance(by: .seconds(seconds), for: desk.hub) }

    /// Somebody sets the clock, and the hub looks at it.
    func jump(_ seconds: Int64) async {
        clock.jump(by: .seconds(seconds))
        await desk.hub.tick()
    }
}
