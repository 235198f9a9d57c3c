import Komoku
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuHub

@Suite struct ImportingTests {
    private final class Client: Sendable {}

    /// Imports as a server does.
    private func take(
        _ test: TestHub, _ key: String, _ points: [(Double, Value?)], by client: Client
    ) async throws {
        let name = try test.name(key)
        let sample = points.lazy.compactMap { $0.1?.json }.first
        let targets = try await test.hub.prepareImport([], [ImportedSeries(name: name, sample: sample)])
        let target = try #require(targets.first ?? nil)
        let stored = points.compactMap { time, value in
            Timestamp(seconds: time).map { Point(time: $0, value: value, provenance: .backfill) }
        }
        _ = await withCheckedContinuation { done in
            test.store.insert(stored, into: target.id) { done.resume(returning: $0) }
        }
        let newest = try #require(stored.last)
        await test.hub.finishImport(of: [ImportedNewest(key: target.id, point: newest)], by: ObjectIdentifier(client))
    }

    @Test func `imported points are stored as they are and told to nobody`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all), every: true)
            let client = Client()
            for _ in 0..<2 {
                try await take(
                    test, "a", [(1, .number(5)), (2, .number(5)), (3, nil), (4, .number(5))], by: client)
                #expect(try await test.points("a") == ["1:5", "2:5", "3:gap", "4:5"])
                #expect(await test.hub.last(try test.name("a"))?.time.seconds == 4)
            }
            #expect(inbox.texts() == [])
        }
    }

    @Test func `what is newer than what is imported stays the last value`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1, at: 0)
            try await test.put("a", 1, at: 30)
            try await take(test, "a", [(5, .number(7)), (10, .number(2))], by: Client())
            #expect(await test.hub.last(try test.name("a"))?.time.seconds == 30)
            // It was no point because it repeated one that is no longer the one before it.
            #expect(try await test.points("a") == ["0:1", "5:7", "10:2", "30:1"])
        }
    }

    @Test func `the newest imported point is the last value also after a restart`() async throws {
        let test = try TestHub()
        try await test.put("a", 1, at: 10)
        try await take(test, "a", [(20, .number(2))], by: Client())
        #expect(try await test.last("a") == .number(2))
        try await test.put("a", 2, at: 25)
        #expect(try await test.points("a") == ["10:1", "20:2"])
        test.close()
    }

    @Test func `an uptime key falls only when the import is done`() async throws {
        try await TestHub.run { test in
            let client = Client()
            try await test.define("u", "uptime", [JSON.Member("max_time", 60)])
            try await test.put("u", true)
            let now = test.clock.now.seconds
            await test.clock.advance(by: .seconds(30), for: test.hub)
            try await take(test, "u", [(now + 10, .boolean(true))], by: client)
            await test.clock.advance(by: .seconds(1000), for: test.hub)
            #expect(try await test.last("u") == .boolean(true))
            await test.hub.endImport(by: ObjectIdentifier(client))
            await test.hub.tick()
            #expect(
                await test.hub.last(try test.name("u"))
                    == Point(
                        time: Timestamp(seconds: now + 70) ?? .distantPast, value: .boolean(false), provenance: .derived
                    ))
        }
    }

    @Test func `a key goes stale or recovers only when the import is done`() async throws {
        try await TestHub.run { test in
            let client = Client()
            try await test.define("a", "numeric", [JSON.Member("expect_every", 60)])
            try await test.put("a", 1)
            let (a, now) = (try test.name("a"), test.clock.now.seconds)
            await test.clock.advance(by: .seconds(1000), for: test.hub)
            #expect(await test.hub.key(a)?.isStale == true)
            // Newer, but not new enough: stale since later.
            try await take(test, "a", [(now + 100, .number(2)), (now + 200, .number(3))], by: client)
            await test.hub.endImport(by: ObjectIdentifier(client))
            #expect(await test.hub.key(a)?.isStale == true)
            #expect(
                try await test.points("a").map { String($0.drop { $0 != ":" }) }
                    == [":1", ":gap", ":2", ":3", ":gap"])
            try await take(test, "a", [(now + 990, .number(4))], by: client)
            await test.hub.endImport(by: ObjectIdentifier(client))
            #expect(await test.hub.key(a)?.isStale == false)
            await test.clock.advance(by: .seconds(50), for: test.hub)
            #expect(await test.hub.key(a)?.isStale == true)
            #expect(try await test.points("a").last == "\(DecimalNumber.text(now + 1050)):gap")
        }
    }

    @Test func `of a new key that is expected to be heard of the gap comes behind all that is imported`() async throws {
        try await TestHub.run { test in
            let client = Client()
            try await test.define("a", "numeric", [JSON.Member("expect_every", 60)])
            for time in [1.0, 100, 200] {
                try await take(test, "a", [(time, .number(1))], by: client)
                await test.hub.tick()
            }
            #expect(try await test.points("a") == ["1:1", "100:1", "200:1"])
            await test.hub.endImport(by: ObjectIdentifier(client))
            await test.hub.tick()
            #expect(try await test.points("a") == ["1:1", "100:1", "200:1", "260:gap"])
        }
    }

    @Test func `a gap that is imported last is no value`() async throws {
        try await TestHub.run { test in
            try await take(test, "a", [(1, .number(5))], by: Client())
            try await take(test, "a", [(2, nil)], by: Client())
            #expect(try await test.last("a") == .number(5))
            try await test.put("a", 5, at: 3)
            #expect(try await test.points("a") == ["1:5", "2:gap", "3:5"])
        }
    }

    @Test func `keys are made by guessing, all or none`() async throws {
        try await TestHub.run { test in
            try await test.put("known", 1)
            func series(_ name: String, _ sample: JSON?) throws -> ImportedSeries {
                ImportedSeries(name: try test.name(name), sample: sample)
            }
            let options = [JSON.Member("precision", 2)]
            let definitions = [Definition(name: "defined", type: "counter", options: options)]
            let targets = try await test.hub.prepareImport(
                definitions,
                [
                    series("n", 1), series("b", "true"), series("t", "x"), series("none", nil), series("n", "text"),
                    series("known", "x"), series("defined", 5),
                ])
            #expect(targets.map { $0?.type } == [.numeric, .boolean, .string, nil, .numeric, .numeric, .counter])
            #expect(await test.hub.key(try test.name("none")) == nil)
            let conflict = [
                Definition(name: "brand.new", type: "numeric", options: []),
                Definition(name: "known", type: "string", options: []),
            ]
            await #expect(throws: CommandError.typeMismatch) { try await test.hub.prepareImport(conflict, []) }
            #expect(await test.hub.key(try test.name("brand.new")) == nil)
        }
    }
}
