import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

/// Points whose time has not come.
@Suite struct FutureTests {
    private static let now = 1_700_000_000.0
    private static let year = 400.0 * 86_400

    @Test func `a point far ahead holds nothing back and is the value when its time comes`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1)
        try await house.test.put("a", 5, at: Self.now + Self.year)
        #expect(await house.test.hub.counters.future == 1)
        #expect(try await house.test.last("a") == .number(1))
        try await house.test.put("a", 2)
        #expect(try await house.test.last("a") == .number(2))
        try await house.test.hub.increment(house.test.name("a"), by: 1, cause: .client("t"))
        #expect(try await house.test.last("a") == .number(3))
        try await house.restart(seals: true)
        #expect(try await house.test.last("a") == .number(3))
        await house.clock.advance(by: .seconds(Int64(Self.year)), for: house.test.hub)
        #expect(try await house.test.last("a") == .number(5))
        try await house.restart()
        #expect(try await house.test.last("a") == .number(5))
    }

    @Test(arguments: [false, true])
    func `steps of one moment go on counting after the clock was set back`(restarts: Bool) async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.define("a", "numeric")
        let name = try house.test.name("a")
        for _ in 0..<5 { try await house.test.hub.increment(name, by: 1, cause: .client("t")) }
        if restarts { try await house.restart() }
        for back in [-5400, -420] as [Int64] {
            house.clock.jump(by: .seconds(back))
            for _ in 0..<5 { try await house.test.hub.increment(name, by: 1, cause: .client("t")) }
        }
        #expect(try await house.test.last("a") == .number(15))
    }

    @Test func `within five minutes a sender's time counts at once`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: Self.now + 300)
            #expect(try await test.last("a") == .number(1))
            try await test.put("b", 1, at: Self.now + 300.001)
            #expect(try await test.last("b") == nil)
            #expect(await test.hub.counters.future == 1)
        }
    }

    @Test func `forecasts fall due one after another, and each is a change`() async throws {
        try await TestHub.run { test in
            try await test.define("price", "numeric")
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .key(try test.name("price")))
            for hour in [3.0, 1, 2] { try await test.put("price", .number(hour), at: Self.now + hour * 3600) }
            // The same time again replaces it.
            try await test.put("price", 20, at: Self.now + 7200)
            #expect(inbox.texts().isEmpty)
            #expect(try await test.hub.key(test.name("price"))?.nextFuture?.seconds == Self.now + 3600)
            await test.clock.advance(by: .seconds(3600), for: test.hub)
            #expect(inbox.texts() == ["price=1"])
            await test.clock.advance(by: .seconds(7200), for: test.hub)
            #expect(inbox.texts() == ["price=20", "price=3"])
            #expect(try await test.points("price") == ["1700003600:1", "1700007200:20", "1700010800:3"])
            #expect(try await test.hub.key(test.name("price"))?.nextFuture == nil)
        }
    }

    @Test(arguments: [false, true])
    func `what fell due while the hub was down is the value after the start`(seals: Bool) async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 0)
        for hour in [1.0, 2, 3] { try await house.test.put("a", .number(hour), at: Self.now + hour * 3600) }
        if seals { await house.seal() }
        house.clock.advance(by: .seconds(2 * 3600 + 60))
        try await house.restart()
        #expect(try await house.test.last("a") == .number(2))
        #expect(try await house.test.hub.key(house.test.name("a"))?.nextFuture?.seconds == Self.now + 3 * 3600)
        await house.clock.advance(by: .seconds(3600), for: house.test.hub)
        #expect(try await house.test.last("a") == .number(3))
    }

    @Test func `an uptime key falls though a true is ahead, and rises when its time comes`() async throws {
        try await TestHub.run { test in
            try await test.define("u", "uptime", [JSON.Member("max_time", 60)])
            try await test.put("u", true)
            try await test.put("u", true, at: Self.now + 3600)
            await test.clock.advance(by: .seconds(60), for: test.hub)
            #expect(try await test.last("u") == .boolean(false))
            await test.clock.advance(by: .seconds(3540), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            await test.clock.advance(by: .seconds(60), for: test.hub)
            #expect(
                try await test.points("u")
                    == ["1700000000:true", "1700000060:false", "1700003600:true", "1700003660:false"])
        }
    }

    @Test func `a forecast is no sign of life before its time`() async throws {
        try await TestHub.run { test in
            try await test.define("e", "numeric", [JSON.Member("expect_every", 60)])
            try await test.put("e", 1)
            await test.clock.advance(by: .seconds(50), for: test.hub)
            try await test.put("e", 2, at: Self.now + 600)
            await test.clock.advance(by: .seconds(10), for: test.hub)
            #expect(try await test.hub.key(test.name("e"))?.isStale == true)
            await test.clock.advance(by: .seconds(540), for: test.hub)
            #expect(try await test.hub.key(test.name("e"))?.isStale == false)
            #expect(try await test.last("e") == .number(2))
        }
    }

    @Test func `of what a clock that is set forward passes the newest counts`() async throws {
        try await TestHub.run { test in
            for hour in 1...600 { try await test.put("a", .number(Double(hour)), at: Self.now + Double(hour) * 3600) }
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .key(try test.name("a")))
            test.clock.jump(by: .seconds(10 * 3600 + 5))
            await test.hub.tick()
            #expect(inbox.texts() == ["a=10"])
            await test.clock.advance(by: .seconds(3600), for: test.hub)
            #expect(inbox.texts() == ["a=11"])
        }
    }

    @Test func `a deleted key takes what waits with it`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: Self.now + 3600)
            try await test.hub.delete(test.name("a"))
            try await test.put("a", 2)
            await test.clock.advance(by: .seconds(7200), for: test.hub)
            #expect(try await test.last("a") == .number(2))
        }
    }
}

/// A clock that was wrong.
@Suite struct MisdatedTests {
    private static let step = Duration.seconds(400 * 86_400)
    private static let stepBack = Duration.seconds(-400 * 86_400)

    @Test func `what a wrong clock dated ahead stays in the history and counts no more`() async throws {
        let house = try House()
        defer { house.end() }
        let test = house.test
        try await test.put("a", 1)
        house.clock.jump(by: Self.step)
        try await test.put("a", 2)
        house.clock.jump(by: Self.stepBack)
        await house.clock.advance(by: .seconds(10), for: test.hub)
        // It is what was heard last, ten seconds ago.
        #expect(try await test.last("a") == .number(2))
        #expect(try await test.hub.age(of: test.name("a")) == .seconds(10))
        #expect(try await test.hub.last(test.name("a"))?.time.seconds == 1_700_000_000)
        try await test.put("a", 3)
        #expect(try await test.last("a") == .number(3))
        #expect(try await test.points("a") == ["1700000000:1", "1700000010:3", "1734560000:2"])
        try await house.settle { await $0.misdatedCount == 1 }
        try await house.restart(seals: true)
        #expect(try await house.test.last("a") == .number(3))
        #expect(await house.test.hub.misdatedCount == 1)
        await house.clock.advance(by: Self.step, for: house.test.hub)
        #expect(try await house.test.last("a") == .number(3))
        try await house.test.put("a", 4)
        #expect(try await house.test.last("a") == .number(4))
    }

    @Test func `a clock that is set right while the hub is down`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.define("u", "uptime", [JSON.Member("max_time", 60)])
        house.clock.jump(by: Self.step)
        try await house.test.put("a", 2)
        try await house.test.put("u", true)
        house.clock.jump(by: Self.stepBack)
        try await house.restart()
        try await house.test.put("a", 3)
        #expect(try await house.test.last("a") == .number(3))
        await house.clock.advance(by: .seconds(60), for: house.test.hub)
        #expect(try await house.test.last("u") == .boolean(false))
        try await house.settle { await $0.misdatedCount == 2 }
        await house.clock.advance(by: Self.step, for: house.test.hub)
        #expect(try await house.test.last("a") == .number(3))
    }

    @Test func `forecasts that a wrong clock let fall due wait again`() async throws {
        try await TestHub.run { test in
            try await test.put("price", 1)
            for hour in [1.0, 2] { try await test.put("price", .number(10 + hour), at: 1_700_000_000 + hour * 3600) }
            test.clock.jump(by: .seconds(86_400))
            await test.hub.tick()
            #expect(try await test.last("price") == .number(12))
            test.clock.jump(by: .seconds(-86_400))
            await test.hub.tick()
            #expect(try await test.last("price") == .number(1))
            await test.clock.advance(by: .seconds(3600), for: test.hub)
            #expect(try await test.last("price") == .number(11))
        }
    }

    @Test func `no time is judged by a clock that is not set`() async throws {
        let status = FakeStatus()
        let clock = VirtualClock(seconds: 1000)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let hub = Hub(store: store, clock: clock, clockStatus: status, logger: logger)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        let name = try KeyName(validating: "a")
        try await hub.put(name, 1, at: .at(1_700_000_000), cause: .client("t"))
        #expect(await hub.last(name)?.value == .number(1))
        try await hub.put(name, 2, cause: .client("t"))
        #expect(await hub.last(name)?.value == .number(2))
        clock.jump(by: .seconds(1_700_000_010))
        status.isSet.store(true, ordering: .relaxed)
        await hub.tick()
        #expect(await hub.last(name)?.value == .number(2))
        try await hub.put(name, 3, at: .at(1_800_000_000), cause: .client("t"))
        #expect(await hub.last(name)?.value == .number(2))
    }
}
