import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@Suite struct FreshnessTests {
    /// A hub on a file, to be restarted, and what a subscriber and a handler of all keys are told.
    private final class House {
        final class Recorder: ChangeHandler {
            private static let start = Timestamp(microseconds: 1_700_000_000_000_000)
            private let lines = Mutex<[String]>([])

            func handle(_ change: Change, in hub: isolated Hub) {
                lines.withLock { $0.append("\(change.key)=\(change.value)") }
            }

            func handle(_ event: FreshnessEvent, in hub: isolated Hub) {
                lines.withLock {
                    $0.append("\(event.key) \(event.freshness) at \((event.time - Self.start).seconds)")
                }
            }

            func take() -> [String] { lines.withLock { $0.take() } }
        }

        let clock = VirtualClock()
        let recorder = Recorder()
        private let folder: TemporaryFolder
        private(set) var test: TestHub

        init() async throws {
            folder = try TemporaryFolder()
            test = try Self.hub(folder, clock)
            await test.hub.addHandler(recorder, keys: [.all])
        }

        static func run(_ body: (House) async throws -> Void) async throws {
            let house = try await House()
            defer {
                house.test.close()
                house.folder.remove()
            }
            try await body(house)
        }

        private static func hub(_ folder: TemporaryFolder, _ clock: VirtualClock) throws -> TestHub {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let file = Store.Configuration(location: .file(folder.path("hub.db")))
            return try TestHub(store: Store(file, logger: logger), clock: clock)
        }

        func restart(seals: Bool = false) async throws {
            if seals {
                _ = await test.hub.keyCount
                let store = test.store
                await withCheckedContinuation { done in store.seal { _ in done.resume() } }
            }
            test.close()
            test = try Self.hub(folder, clock)
            await test.hub.addHandler(recorder, keys: [.all])
        }

        func define(_ key: String, _ type: String = "numeric", every: JSON = 60, _ more: JSON.Member...) async throws {
            try await test.define(key, type, [JSON.Member("expect_every", every)] + more)
        }

        func advance(_ seconds: Double) async {
            await clock.advance(by: Duration(seconds: seconds) ?? .zero, for: test.hub)
        }

        func isStale(_ key: String = "a") async throws -> Bool? { try await test.hub.key(test.name(key))?.isStale }

        /// Points with seconds since the start.
        func points(_ key: String = "a") async throws -> [String] {
            try await test.points(key).map { text in
                let parts = text.split(separator: ":", maxSplits: 1)
                let time = (Double(parts[0]) ?? 0) - 1_700_000_000
                return "\(DecimalNumber.text(DecimalNumber.round(time, decimals: 6))):\(parts[1])"
            }
        }
    }

    @Test func `without news for so long a key goes stale at its deadline and keeps its last value`() async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(59.999)
            #expect(try await house.isStale() == false)
            await house.advance(0.5)
            #expect(try await house.isStale() == true)
            #expect(try await house.test.last("a") == .number(1))
            #expect(try await house.points() == ["0:1", "60:gap"])
            #expect(house.recorder.take() == ["a=1", "a stale at 60.0"])
            #expect(await house.test.hub.counters.stale == 1)
            await house.advance(3600)
            #expect(try await house.points().count == 2)
        }
    }

    @Test func `equal news keeps it fresh though it is no point`() async throws {
        try await House.run { house in
            try await house.define("a", "numeric", every: 60, JSON.Member("same_value_resolution", 3600))
            for _ in 0..<5 {
                try await house.test.put("a", 1)
                await house.advance(50)
            }
            #expect(try await house.isStale() == false)
            #expect(try await house.points() == ["0:1"])
            await house.advance(10)
            #expect(try await house.points() == ["0:1", "260:gap"])
        }
    }

    @Test func `coming back with the same value is a point, a recovery and no change`() async throws {
        try await House.run { house in
            try await house.define(
                "a", "numeric", every: 60, JSON.Member("same_value_resolution", 3600),
                JSON.Member("min_resolution", 100))
            try await house.test.put("a", 1)
            await house.advance(70)
            _ = house.recorder.take()
            try await house.test.put("a", 1)
            #expect(try await house.isStale() == false)
            #expect(house.recorder.take() == ["a recovered at 70.0"])
            #expect(try await house.points() == ["0:1", "60:gap", "70:1"])
            await house.advance(60)
            try await house.test.put("a", 2)
            #expect(house.recorder.take() == ["a stale at 130.0", "a recovered at 130.000001", "a=2"])
            #expect(try await house.points() == ["0:1", "60:gap", "70:1", "130:gap", "130.000001:2"])
        }
    }

    @Test func `a replayed message that says what is known is no news, one that says more is`() async throws {
        try await House.run { house in
            try await house.define("a")
            let feed = Feed(key: try house.test.name("a"), topic: "t", type: .numeric)
            await house.test.observe(feed, .value(.number(1)))
            await house.advance(100)
            await house.test.observe(feed, .value(.number(1)), provenance: .retained)
            #expect(try await house.isStale() == true)
            await house.test.observe(feed, .value(.number(2)), provenance: .retained)
            #expect(try await house.isStale() == false)
            #expect(house.recorder.take() == ["a=1", "a stale at 60.0", "a recovered at 100.0", "a=2"])
        }
    }

    @Test func `subscribers are told apart from changes`() async throws {
        try await House.run { house in
            try await house.define("a")
            let inbox = Inbox()
            await house.test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            try await house.test.put("a", 1)
            await house.advance(60)
            let late = Inbox()
            await house.test.hub.subscribe(try #require(late.subscriber), to: .pattern(.all), initial: true)
            let known = late.take()
            #expect(known.map(\.freshness) == [nil])
            #expect(known.map(\.isStale) == [true])
            await house.advance(1)
            try await house.test.put("a", 2)
            let deliveries = inbox.take()
            #expect(deliveries.map(\.freshness) == [nil, .stale, .recovered, nil])
            #expect(deliveries.map(\.change.value) == [.number(1), .number(1), .number(2), .number(2)])
            #expect(deliveries.map(\.isStale) == [false, false, false, false])
            #expect(deliveries[1].change.previous == .number(1))
            #expect(deliveries[1].change.time == Timestamp(seconds: 1_700_000_000))
            #expect(deliveries[3].change.previous == .number(1))
        }
    }

    @Test func `a slow reader gets the newest value and the newest freshness of each key`() async throws {
        try await House.run { house in
            try await house.define("a")
            let inbox = Inbox(capacity: 1)
            await house.test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            for value in 1...4 {
                try await house.test.put("a", .number(Double(value)))
                await house.advance(60)
            }
            let deliveries = inbox.take()
            #expect(deliveries.map(\.freshness) == [nil, .stale])
            #expect(deliveries.map(\.change.value) == [.number(4), .number(4)])
            #expect(deliveries.map(\.skipped) == [3, 6])
        }
    }

    @Test(arguments: [false, true])
    func `a stale key is stale after a restart, with one gap`(seals: Bool) async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(100)
            _ = house.recorder.take()
            for _ in 0..<2 {
                try await house.restart(seals: seals)
                #expect(try await house.isStale() == true)
                #expect(try await house.test.last("a") == .number(1))
                #expect(try await house.test.hub.last(house.test.name("a"))?.time.seconds == 1_700_000_000)
                #expect(try await house.points() == ["0:1", "60:gap"])
            }
            try await house.test.put("a", 1)
            #expect(house.recorder.take() == ["a recovered at 100.0"])
            try await house.restart(seals: seals)
            #expect(try await house.isStale() == false)
            #expect(try await house.points() == ["0:1", "60:gap", "100:1"])
        }
    }

    @Test func `a deadline that passed while the hub was down is where the gap is`() async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(30)
            // No point, and news all the same.
            try await house.test.put("a", 1)
            try await house.restart()
            house.clock.advance(by: .seconds(1000))
            try await house.restart()
            #expect(try await house.isStale() == true)
            #expect(try await house.points() == ["0:1", "90:gap"])
        }
    }

    @Test func `a new expect_every counts from the last news, and null is never`() async throws {
        try await House.run { house in
            try await house.define("a", every: 600)
            try await house.test.put("a", 1)
            await house.advance(100)
            try await house.define("a", every: 60)
            await house.test.hub.tick()
            #expect(try await house.isStale() == true)
            try await house.define("a", every: .null)
            #expect(try await house.isStale() == false)
            try await house.test.put("a", 1)
            await house.advance(100_000)
            #expect(try await house.isStale() == false)
            #expect(try await house.points() == ["0:1", "60:gap", "100:1"])
            #expect(house.recorder.take() == ["a=1", "a stale at 60.0", "a recovered at 100.0"])
        }
    }

    @Test func `an uptime key may fall and go stale, and a fall is no news`() async throws {
        try await House.run { house in
            try await house.define("a", "uptime", every: 100, JSON.Member("max_time", 60))
            try await house.test.put("a", true)
            await house.advance(1000)
            #expect(try await house.points() == ["0:true", "60:false", "100:gap"])
            try await house.restart()
            #expect(try await house.points().count == 3)
            try await house.define("a", "uptime", every: 50)
            try await house.test.put("a", true)
            await house.advance(55)
            #expect(try await house.isStale() == true)
            await house.advance(5)
            #expect(try await house.test.last("a") == .boolean(false))
            #expect(try await house.points().suffix(2) == ["1000:true", "1050:gap"])
            try await house.restart()
            #expect(try await house.isStale() == true)
            #expect(try await house.test.last("a") == .boolean(false))
        }
    }

    @Test func `an uptime key without max_time stays true until it is told otherwise`() async throws {
        try await House.run { house in
            try await house.test.define("a", "uptime", [JSON.Member("max_time", .null)])
            try await house.test.put("a", true)
            await house.advance(1_000_000)
            #expect(try await house.test.last("a") == .boolean(true))
            try await house.restart()
            #expect(try await house.test.last("a") == .boolean(true))
            try await house.test.define("a", "uptime", [JSON.Member("max_time", 60)])
            await house.test.hub.tick()
            #expect(try await house.test.last("a") == .boolean(false))
        }
    }

    @Test func `what comes late but was known at the gap takes its place; older news is stale at once`() async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(70)
            // Said at 20, good until 80.
            try await house.test.put("a", 2, at: 1_700_000_020)
            #expect(try await house.isStale() == false)
            #expect(try await house.points() == ["0:1", "20:2", "60:2"])
            try await house.test.put("a", 3, at: 1_700_000_030)
            #expect(try await house.points() == ["0:1", "20:2", "30:3", "60:3"])
            await house.advance(100)
            #expect(try await house.points().last == "90:gap")
            // Good until 140, and it is 170.
            try await house.test.put("a", 4, at: 1_700_000_080)
            #expect(try await house.isStale() == true)
            #expect(try await house.points() == ["0:1", "20:2", "30:3", "60:3", "80:4", "90:4", "140:gap"])
            #expect(try await house.test.last("a") == .number(4))
        }
    }

    @Test func `a key that was never put is not stale`() async throws {
        try await House.run { house in
            try await house.define("a")
            await house.advance(1000)
            #expect(try await house.isStale() == false)
            #expect(try await house.points().isEmpty)
        }
    }

    @Test(arguments: [0, 60])
    func `a deleted key goes stale no more, nor does it recover or one of its name`(after: Double) async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(after)
            try await house.test.hub.delete(house.test.name("a"))
            try await house.test.put("a", 2)
            await house.advance(1000)
            #expect(try await house.isStale() == false)
            try await house.restart()
            #expect(try await house.isStale() == false)
            #expect(house.recorder.take() == ["a=1"] + (after < 60 ? [] : ["a stale at 60.0"]) + ["a=2"])
        }
    }

    @Test func `a stale key that is renamed stays stale, and what goes on is said of its new name`() async throws {
        try await House.run { house in
            try await house.define("a")
            try await house.test.put("a", 1)
            await house.advance(60)
            try await house.test.hub.rename(house.test.name("a"), to: house.test.name("b"))
            #expect(try await house.isStale("b") == true)
            try await house.restart()
            #expect(try await house.isStale("b") == true)
            await house.advance(40)
            try await house.test.put("b", 1)
            #expect(try await house.isStale("b") == false)
            #expect(try await house.points("b") == ["0:1", "60:gap", "100:1"])
            #expect(house.recorder.take() == ["a=1", "a stale at 60.0", "b recovered at 100.0"])
        }
    }

    @Test func `a configuration that expects nothing more ends staleness, one that expects again goes on`() async throws
    {
        try await House.run { house in
            var configuration = Hub.Configuration()
            let entry = Hub.Configuration.KeyEntry(
                pattern: try KeyPattern(validating: "*"), type: nil, options: [JSON.Member("expect_every", 60)])
            configuration.keys = [entry]
            await house.test.hub.reload(configuration)
            try await house.test.put("a", 1)
            await house.advance(100)
            #expect(try await house.isStale() == true)
            await house.test.hub.reload(Hub.Configuration())
            #expect(try await house.isStale() == false)
            #expect(house.recorder.take() == ["a=1", "a stale at 60.0", "a recovered at 100.0"])
            await house.advance(100)
            await house.test.hub.reload(configuration)
            await house.test.hub.tick()
            #expect(try await house.isStale() == true)
            #expect(house.recorder.take() == ["a stale at 60.0"])
            #expect(try await house.points() == ["0:1", "60:gap"])
        }
    }

    @Test func `stale time is left out of statistics, and how much was known is said`() async throws {
        try await House.run { house in
            try await house.define("a", every: 600)
            try await house.test.put("a", 10)
            await house.advance(1800)
            try await house.test.put("a", 20)
            await house.advance(600)
            let info = try #require(await house.test.hub.key(house.test.name("a")))
            let start = try #require(Timestamp(seconds: 1_700_000_000))
            let query = StatisticsQuery(
                key: info.id, type: info.type, bounds: [start, start + .seconds(3600)], now: start + .seconds(3600))
            let store = house.test.store
            let report = try await withCheckedContinuation { done in
                store.statistics(query) { done.resume(returning: $0) }
            }.get()
            let window = try #require(report.windows.first)
            // The two gaps are points too.
            #expect(window.count == 4)
            #expect(window.mean == 15)
            #expect(window.timeMean == 15)
            #expect(window.known == .seconds(1200))
        }
    }
}

extension Array {
    fileprivate mutating func take() -> [Element] {
        defer { self = [] }
        return self
    }
}
