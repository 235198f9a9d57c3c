import Komoku
import KomokuHub
import Testing

@Suite struct SubscriptionTests {
    @Test func `only newest and changed values are told, the first counts as changed`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .key(try test.name("a")))
            try await test.put("a", 1, at: 10)
            try await test.put("a", 1, at: 20)
            try await test.put("a", 5, at: 5)
            try await test.put("a", 2, at: 30)
            try await test.put("b", 9)
            let changes = inbox.take().map(\.change)
            #expect(changes.map(\.value) == [.number(1), .number(2)])
            #expect(changes.map(\.previous) == [nil, .number(1)])
        }
    }

    @Test func `a pattern also gets future keys, each change once`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            let subscriber = try #require(inbox.subscriber)
            await test.hub.subscribe(subscriber, to: .pattern(try KeyPattern(validating: "hall.*")))
            await test.hub.subscribe(subscriber, to: .key(try test.name("hall.lux")))
            await test.hub.subscribe(subscriber, to: .key(try test.name("hall.lux")))
            #expect(await test.hub.subscriptionCount == 2)
            try await test.put("hall.lux", 1)
            try await test.put("hall.motion", true)
            #expect(inbox.texts() == ["hall.lux=1", "hall.motion=true"])
            await test.hub.unsubscribe(subscriber, from: .key(try test.name("hall.lux")))
            try await test.put("hall.lux", 2)
            #expect(inbox.texts() == ["hall.lux=2"])
            await test.hub.remove(subscriber)
            try await test.put("hall.lux", 3)
            #expect(inbox.texts() == [])
            #expect(await test.hub.subscriptionCount == 0)
        }
    }

    @Test func `a subscription outlives the deletion of its key`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .key(try test.name("a")))
            try await test.put("a", 1)
            try await test.hub.delete(test.name("a"))
            try await test.put("a", "text")
            #expect(inbox.texts() == ["a=1", "a=text"])
        }
    }

    @Test func `long texts that wait are merged before they fill the memory`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            let text = String(repeating: "x", count: 10_000)
            for round in 0..<300 { try await test.put("a", .string("\(round)" + text)) }
            let told = inbox.take()
            // A change has a value and the one before: some 100 of them are two megabytes.
            #expect(told.count < 100)
            #expect(told.reduce(0) { $0 + $1.skipped + 1 } == 300)
            #expect(told.last?.change.value == .string("299" + text))
            for round in 0..<50 { try await test.put("a", .string("\(round)")) }
            #expect(inbox.take().count == 50)
        }
    }

    @Test func `initial values come first, every put on request`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            try await test.put("b", 2)
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all), every: true, initial: true)
            try await test.put("a", 1)
            #expect(inbox.texts() == ["a=1", "b=2", "a=1"])
        }
    }

    @Test func `a slow consumer gets the newest value of each key, and how many it missed`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox(capacity: 3)
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            for value in 1...4 { try await test.put("a", .number(Double(value))) }
            for value in 1...100 {
                try await test.put("a", .number(Double(value * 10)))
                try await test.put("b", .number(Double(value)))
            }
            #expect(inbox.wakeCount == 1)
            let deliveries = inbox.take()
            #expect(
                deliveries.map { "\($0.change.key)=\($0.change.value)+\($0.skipped)" } == [
                    "a=1+0", "a=2+0", "a=1000+101", "b=100+99",
                ])
            try await test.put("a", 5)
            #expect(inbox.wakeCount == 2)
        }
    }

    @Test func `a consumer that takes part of it finds the rest in order`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox(capacity: 4)
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            for value in 1...4 { try await test.put("k\(value)", .number(Double(value))) }
            #expect(inbox.take(2).map(\.change.key.text) == ["k1", "k2"])
            for value in 5...9 { try await test.put("k\(value % 2 + 3)", .number(Double(value))) }
            let rest = inbox.take().map { "\($0.change.key)=\($0.change.value)" }
            #expect(rest.first == "k3=3")
            #expect(rest.suffix(2).sorted() == ["k3=8", "k4=9"])
        }
    }
}
