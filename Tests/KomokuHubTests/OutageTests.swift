import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

/// When the hub was not there to see, or had no broker.
@Suite struct OutageTests {
    /// A hub on a file that is stopped, killed and started again.
    private final class House {
        let clock = VirtualClock()
        private var folders: [TemporaryFolder]
        private(set) var test: TestHub
        private let configuration: Hub.Configuration

        init(_ configuration: Hub.Configuration = Hub.Configuration()) throws {
            folders = [try TemporaryFolder()]
            self.configuration = configuration
            test = try Self.hub(folders[0], clock, configuration)
        }

        private static func hub(
            _ folder: TemporaryFolder, _ clock: VirtualClock, _ configuration: Hub.Configuration
        ) throws -> TestHub {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let file = Store.Configuration(location: .file(folder.path("hub.db")))
            return try TestHub(store: Store(file, logger: logger), configuration: configuration, clock: clock)
        }

        func commit() async {
            let hub = test.hub
            await withCheckedContinuation { done in hub.enqueue { $0.whenDurable { _ in done.resume() } } }
        }

        /// - Parameters:
        ///   - step: by how much the clock is set meanwhile.
        ///   - isKilled: the next hub finds what was committed.
        func restart(after seconds: Int64, step: Int64 = 0, isKilled: Bool = false) async throws {
            if isKilled {
                await commit()
                let copy = try TemporaryFolder()
                for name in ["hub.db", "hub.db-wal"] {
                    try ChildProcess.run("cp", folders[folders.count - 1].path(name), copy.path(name))
                }
                folders.append(copy)
            }
            test.close()
            clock.advance(by: .seconds(seconds))
            if step != 0 { clock.jump(by: .seconds(step)) }
            test = try Self.hub(folders[folders.count - 1], clock, configuration)
            _ = await test.hub.keyCount
        }

        func pass(_ seconds: Int64) async {
            clock.advance(by: .seconds(seconds))
            await test.hub.tick()
            // The end of the turn.
            _ = await test.hub.keyCount
        }

        /// `kind start length`, in seconds since the first start.
        func outages() async -> [String] {
            await commit()
            return test.store.outages.map { outage in
                let start = outage.start.microseconds / 1_000_000 - 1_700_000_000
                let length = outage.end.map { "\(($0 - outage.start).microseconds / 1_000_000)" } ?? "lasts"
                return "\(outage.kind) \(start) \(length)"
            }
        }

        func end() {
            test.close()
            for folder in folders { folder.remove() }
        }
    }

    @Test func `an outage begins when the hub stops, and ends when it starts`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1)
        await house.pass(100)
        try await house.restart(after: 480)
        #expect(await house.outages() == ["hub 100 480"])
        // No time is no outage, and a clock that was set back makes none.
        try await house.restart(after: 0)
        try await house.restart(after: 60, step: -7200)
        #expect(await house.outages() == ["hub 100 480"])
    }

    @Test func `after a kill it begins at the last sign of life, at most a minute old`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1)
        // A house in which nothing happens is alive too.
        for _ in 0..<100 { await house.pass(5) }
        try await house.restart(after: 480, isKilled: true)
        let outage = try #require(house.test.store.outages.first)
        let start = outage.start.microseconds / 1_000_000 - 1_700_000_000
        #expect(440...500 ~= start, "\(start)")
        #expect(outage.end == house.clock.now)
    }

    @Test func `without the broker nobody watches, but for a moment`() async throws {
        let house = try House()
        defer { house.end() }
        let hub = house.test.hub
        await hub.expectBroker()
        await hub.brokerCame()
        await house.pass(10)
        await hub.brokerWent()
        await house.pass(3)
        await hub.brokerCame()
        #expect(await house.outages() == [])
        await hub.brokerWent()
        await house.pass(3)
        #expect(await house.outages() == [])
        await house.pass(27)
        #expect(await house.outages() == ["broker 13 lasts"])
        // The length of time counts, whatever the clock says.
        house.clock.jump(by: .seconds(86_400))
        await hub.brokerCame()
        _ = await hub.keyCount
        #expect(await house.outages() == ["broker 86413 30"])
    }

    @Test func `an outage of the broker that lasts is known after a crash`() async throws {
        let house = try House()
        defer { house.end() }
        await house.test.hub.expectBroker()
        await house.test.hub.brokerCame()
        await house.test.hub.brokerWent()
        await house.pass(70)
        await house.pass(1)
        try await house.restart(after: 300, isKilled: true)
        #expect(await house.outages().first == "broker 0 371")
    }

    @Test func `the first news after an outage is a point, also where it says what was known`() async throws {
        var configuration = Hub.Configuration()
        configuration.keys = [
            .init(
                pattern: try KeyPattern(validating: "mode"), type: .string,
                options: [JSON.Member("through_outage", "known"), JSON.Member("same_value_resolution", 9000)]),
            .init(pattern: .all, type: nil, options: [JSON.Member("same_value_resolution", 9000)]),
        ]
        let house = try House(configuration)
        defer { house.end() }
        try await house.test.put("door", true)
        try await house.test.put("mode", "home")
        await house.pass(60)
        try await house.restart(after: 480)
        for _ in 0..<2 {
            try await house.test.put("door", true)
            try await house.test.put("mode", "home")
        }
        #expect(try await house.test.points("door") == ["1700000000:true", "1700000540:true"])
        #expect(try await house.test.points("mode") == ["1700000000:home"])
        try await house.restart(after: 60)
        // What the broker replays confirms it too, and is no put.
        let feed = Feed(key: try house.test.name("door"), topic: "t", type: .boolean)
        await house.test.observe(feed, .value(.boolean(true)), provenance: .retained)
        #expect(try await house.test.points("door").count == 3)
        let last = try await house.test.hub.last(house.test.name("door"))
        try await house.restart(after: 0)
        #expect(try await house.test.hub.last(house.test.name("door"))?.time == last?.time)
    }
}
