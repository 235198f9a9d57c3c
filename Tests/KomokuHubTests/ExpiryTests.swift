import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@Suite struct ExpiryTests {
    private func uptime(_ test: TestHub, maxTime: JSON = 60) async throws {
        try await test.define("u", "uptime", [JSON.Member("max_time", maxTime)])
    }

    @Test func `a key that is not refreshed falls to false at its deadline`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .key(try test.name("u")))
            try await test.put("u", true)
            await test.clock.advance(by: .milliseconds(59_999), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            await test.clock.advance(by: .milliseconds(500), for: test.hub)
            #expect(try await test.last("u") == .boolean(false))
            let deliveries = inbox.take()
            #expect(deliveries.map(\.change.value) == [.boolean(true), .boolean(false)])
            #expect(deliveries.last?.change.time.seconds == 1_700_000_060)
            #expect(deliveries.last?.change.provenance == .derived)
        }
    }

    @Test func `a put right after the fall is newer than the fall`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            // The second true is a microsecond after the first, and so is the deadline after the millisecond.
            try await test.put("u", true)
            try await test.put("u", true)
            await test.clock.advance(by: Duration(microseconds: 60_000_500), for: test.hub)
            #expect(try await test.last("u") == .boolean(false))
            try await test.put("u", true)
            #expect(try await test.last("u") == .boolean(true))
        }
    }

    @Test func `a clock that goes back moves no deadline, and silence is noticed all the same`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            try await test.put("u", true)
            await test.clock.advance(by: .seconds(-3600), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            // News is newer than what was before, and counts from when it came.
            await test.clock.advance(by: .seconds(50), for: test.hub)
            try await test.put("u", true)
            await test.clock.advance(by: .milliseconds(59_999), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            await test.clock.advance(by: .milliseconds(1), for: test.hub)
            #expect(try await test.last("u") == .boolean(false))
        }
    }

    @Test func `a clock that is set forward lets no key fall`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            try await test.put("u", true)
            test.clock.jump(by: .seconds(3600))
            await test.clock.advance(by: .milliseconds(59_999), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            await test.clock.advance(by: .milliseconds(1), for: test.hub)
            #expect(try await test.points("u").last == "1700003660:false")
        }
    }

    @Test func `news moves the deadline, a false removes it`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            try await test.put("u", true)
            await test.clock.advance(by: .seconds(50), for: test.hub)
            try await test.put("u", true)
            await test.clock.advance(by: .seconds(50), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            try await test.put("u", false)
            await test.clock.advance(by: .seconds(500), for: test.hub)
            #expect(try await test.points("u").count == 2)
        }
    }

    @Test func `an old true falls at once, an older one does nothing`() async throws {
        try await TestHub.run { test in
            try await uptime(test)
            try await test.put("u", true, at: 1_699_999_000)
            #expect(try await test.last("u") == .boolean(false))
            try await test.put("u", true, at: 1_699_998_000)
            #expect(try await test.points("u") == ["1699998000:true", "1699999000:true", "1699999060:false"])
        }
    }

    @Test func `a new max_time counts from the last true`() async throws {
        try await TestHub.run { test in
            try await uptime(test, maxTime: 600)
            try await test.put("u", true)
            await test.clock.advance(by: .seconds(100), for: test.hub)
            try await uptime(test, maxTime: 50)
            await test.hub.tick()
            #expect(try await test.last("u") == .boolean(false))
            #expect(try await test.points("u").last == "1700000050:false")
        }
    }

    @Test func `a key that ran out while the hub was down is false at its deadline when it starts`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let file = Store.Configuration(location: .file(folder.path("hub.db")))
        let clock = VirtualClock()
        let before = try TestHub(store: Store(file, logger: logger), clock: clock)
        try await before.define("u", "uptime", [JSON.Member("max_time", 90)])
        try await before.define("v", "uptime", [JSON.Member("max_time", 900)])
        try await before.put("u", true)
        try await before.put("v", true)
        // Refreshed, which is no point: the deadline counts from here all the same.
        clock.advance(by: .seconds(30))
        try await before.put("u", true)
        before.close()

        clock.advance(by: .seconds(600))
        let after = try TestHub(store: Store(file, logger: logger), clock: clock)
        defer { after.close() }
        #expect(try await after.last("u") == .boolean(false))
        #expect(try await after.points("u") == ["1700000000:true", "1700000120:false"])
        #expect(try await after.last("v") == .boolean(true))
        await clock.advance(by: .seconds(300), for: after.hub)
        #expect(try await after.points("v").last == "1700000900:false")
    }
}
