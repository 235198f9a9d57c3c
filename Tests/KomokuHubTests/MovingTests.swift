import Komoku
import KomokuStore
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuHub

@Suite struct MovingTests {
    @Test func `a renamed key keeps its id, its history, its options and its last value`() async throws {
        try await TestHub.run { test in
            try await test.define("old", "numeric", [JSON.Member("unit", "W")])
            try await test.put("old", 1, at: 10)
            try await test.put("old", 2, at: 20)
            let id = await test.hub.key(try test.name("old"))?.id
            try await test.hub.rename(test.name("old"), to: test.name("new"))
            let info = try #require(await test.hub.key(test.name("new")))
            #expect(info.id == id && info.options.unit == "W" && info.last?.value == .number(2))
            #expect(try await test.points("new") == ["10:1", "20:2"])
            #expect(await test.hub.key(try test.name("old")) == nil)
            #expect(await test.hub.keys(matching: .all).map(\.name.text) == ["new"])
            // The name is free again, and another key.
            try await test.put("old", "text", at: 30)
            #expect(try await test.points("old") == ["30:text"])
            #expect(await test.hub.keys(matching: .all).map(\.name.text) == ["new", "old"])
        }
    }

    @Test func `a name that is taken is refused and the same name is not`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            try await test.put("b", 2)
            let (a, b) = (try test.name("a"), try test.name("b"))
            await #expect(throws: Hub.MoveRefusal.keyExists(b)) { try await test.hub.rename(a, to: b) }
            await #expect(throws: Hub.MoveRefusal.unknown(try test.name("c"))) {
                try await test.hub.rename(test.name("c"), to: test.name("d"))
            }
            try await test.hub.rename(a, to: a)
            #expect(try await test.last("a") == .number(1))
        }
    }

    @Test func `subscriptions are by name`() async throws {
        try await TestHub.run { test in
            let (old, new, all) = (Inbox(), Inbox(), Inbox())
            for (inbox, target) in [
                (old, SubscriptionTarget.key(try test.name("x.old"))), (new, .key(try test.name("x.new"))),
                (all, .pattern(try KeyPattern(validating: "x.*"))),
            ] {
                await test.hub.subscribe(try #require(inbox.subscriber), to: target)
            }
            try await test.put("x.old", 1, at: 10)
            try await test.hub.rename(test.name("x.old"), to: test.name("x.new"))
            try await test.put("x.new", 2, at: 20)
            #expect(old.texts() == ["x.old=1"])
            #expect(new.texts() == ["x.new=2"])
            #expect(all.texts() == ["x.old=1", "x.new=2"])
        }
    }

    @Test func `a feed goes on to the name that it was made for`() async throws {
        var configuration = Hub.Configuration()
        let shape = KeyShape([.literal(Array("o".utf8)), .segment])
        let source = KeySource("t", shape: shape, options: [JSON.Member("unit", "W")])
        configuration.sources = KeySources([source])
        try await TestHub.run(configuration: configuration) { test in
            let feed = Feed(key: try test.name("old"), topic: "t", type: .numeric, source: source)
            await test.observe(feed, .value(.number(1)))
            try await test.hub.rename(test.name("old"), to: test.name("new"))
            #expect(await test.hub.key(try test.name("new"))?.options.unit == nil)
            await test.observe(feed, .value(.number(2)))
            await test.observe(feed, .value(.number(3)))
            #expect(try await test.last("new") == .number(1))
            #expect(try await test.last("old") == .number(3))
            #expect(await test.hub.key(try test.name("old"))?.options.unit == "W")
        }
    }

    @Test func `the configuration's options are those of the new name`() async throws {
        var configuration = Hub.Configuration()
        configuration.keys = [
            .init(pattern: try KeyPattern(validating: "u.long"), type: nil, options: [JSON.Member("max_time", 500)])
        ]
        try await TestHub.run(configuration: configuration) { test in
            try await test.define("u.short", "uptime", [])
            try await test.put("u.short", true)
            try await test.hub.rename(test.name("u.short"), to: test.name("u.long"))
            await test.clock.advance(by: .seconds(100), for: test.hub)
            #expect(try await test.last("u.long") == .boolean(true))
            await test.clock.advance(by: .seconds(401), for: test.hub)
            #expect(try await test.last("u.long") == .boolean(false))
        }
    }

    @Test func `changing options keeps the history`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1.256, at: 10)
            try await test.define("a", "numeric", [JSON.Member("precision", 1)])
            try await test.put("a", 2.256, at: 20)
            #expect(try await test.points("a") == ["10:1.256", "20:2.3"])
            #expect(try await test.last("a") == .number(2.3))
        }
    }

    // MARK: Merging

    private func merge(_ test: TestHub, _ source: String, _ target: String) async throws -> Result<Int, Hub.MoveRefusal>
    {
        let (source, target) = (try test.name(source), try test.name(target))
        return await withCheckedContinuation { done in
            test.hub.enqueue { hub in hub.merge(source, into: target) { result, _ in done.resume(returning: result) } }
        }
    }

    @Test func `merging moves the history, and of equal times the target's counts`() async throws {
        try await TestHub.run { test in
            for (time, value) in [(10.0, 1.0), (20, 2), (30, 3)] {
                try await test.put("from", .number(value), at: time)
            }
            for (time, value) in [(20.0, 9.0), (25, 8)] { try await test.put("into", .number(value), at: time) }
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            #expect(try await merge(test, "from", "into") == .success(2))
            #expect(try await test.points("into") == ["10:1", "20:9", "25:8", "30:3"])
            #expect(try await test.last("into") == .number(3))
            #expect(await test.hub.keys(matching: .all).map(\.name.text) == ["into"])
            #expect(await test.hub.formerName(try test.name("from"))?.fate == "was merged into into")
            #expect(inbox.texts() == [])
        }
    }

    @Test
    func `a newest put of the target that was no point becomes one where it no longer repeats the point before it`()
        async throws
    {
        try await TestHub.run { test in
            try await test.put("into", 1, at: 0)
            try await test.put("into", 1, at: 30)
            try await test.put("from", 2, at: 10)
            #expect(try await merge(test, "from", "into") == .success(1))
            #expect(try await test.points("into") == ["0:1", "10:2", "30:1"])
            #expect(await test.hub.last(try test.name("into"))?.time.seconds == 30)
        }
    }

    @Test func `what is put to the source while its history is copied is copied too`() async throws {
        try await TestHub.run { test in
            try await test.put("from", 1, at: 10)
            try await test.put("into", 5, at: 5)
            let (from, into) = (try test.name("from"), try test.name("into"))
            let result: Result<Int, Hub.MoveRefusal> = await withCheckedContinuation { done in
                test.hub.enqueue { hub in
                    hub.merge(from, into: into) { result, _ in done.resume(returning: result) }
                    // Still in the turn that began it, so certainly before it ends.
                    try? hub.put(from, 2, at: Timestamp(seconds: 20), cause: .client("test"))
                    try? hub.put(from, 7, at: Timestamp(seconds: 15), cause: .client("test"))
                    try? hub.put(into, 6, at: Timestamp(seconds: 18), cause: .client("test"))
                }
            }
            #expect(throws: Never.self) { try result.get() }
            #expect(try await test.points("into") == ["5:5", "10:1", "15:7", "18:6", "20:2"])
            #expect(try await test.last("into") == .number(2))
            #expect(await test.hub.copying.isEmpty)
        }
    }

    @Test func `what cannot be merged is refused`() async throws {
        try await TestHub.run { test in
            try await test.put("number", 1)
            try await test.put("text", "x")
            #expect(try await merge(test, "number", "text") == .failure(.refused(.typeMismatch)))
            #expect(try await merge(test, "number", "none") == .failure(.unknown(test.name("none"))))
            #expect(try await merge(test, "none", "number") == .failure(.unknown(test.name("none"))))
            #expect(try await merge(test, "number", "number") == .failure(.busy(test.name("number"))))
            #expect(try await test.last("number") == .number(1))
        }
    }

    @Test func `a key that is deleted while it is merged is not brought back`() async throws {
        try await TestHub.run { test in
            try await test.put("from", 1, at: 10)
            try await test.put("into", 5, at: 5)
            let (from, into) = (try test.name("from"), try test.name("into"))
            let results: [Result<Int, Hub.MoveRefusal>] = await withCheckedContinuation { done in
                test.hub.enqueue { hub in
                    let results = Mutex<[Result<Int, Hub.MoveRefusal>]>([])
                    hub.merge(from, into: into) { result, _ in
                        done.resume(returning: results.withLock { $0 + [result] })
                    }
                    hub.merge(from, into: into) { result, _ in results.withLock { $0.append(result) } }
                    try? hub.delete(into)
                }
            }
            // The second merge of a key is refused at once; the first finds its target gone and leaves the source.
            #expect(results == [.failure(.busy(from)), .failure(.refused(.invalidKey))])
            #expect(try await test.points("from") == ["10:1"])
        }
    }
}
