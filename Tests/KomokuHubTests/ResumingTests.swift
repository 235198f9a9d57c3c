import Glibc
import Komoku
import KomokuTesting
import Testing

@testable import KomokuHub

@Suite struct ResumingTests {
    private func resume(
        _ test: TestHub, _ inbox: Inbox, _ pattern: String = "**", every: Bool = false, initial: Bool = false,
        after: String? = nil
    ) async throws -> SubscriptionStart {
        let target = SubscriptionTarget.pattern(try KeyPattern(validating: pattern))
        let subscriber = try #require(inbox.subscriber)
        let start = await test.hub.subscribe(subscriber, to: [target], every: every, initial: initial, after: after)
        return try #require(start)
    }

    @Test func `what was missed is told once, the newest of each key that changed`() async throws {
        try await TestHub.run { test in
            for key in ["a", "b", "c"] { try await test.put(key, 0) }
            let mark = try await resume(test, Inbox()).mark?.description
            for value in 1...3 { try await test.put("b", .number(Double(value))) }
            try await test.put("d", true)
            try await test.put("a", 0)
            let inbox = Inbox()
            let start = try await resume(test, inbox, after: mark)
            #expect(start.mark?.description == mark && !start.isGap)
            let told = inbox.take()
            #expect(told.map { "\($0.change.key)=\($0.change.value)" } == ["b=3", "d=true"])
            #expect(told.filter { !$0.isMissed }.isEmpty)
            try await test.put("c", 1)
            #expect(inbox.texts() == ["c=1"])
        }
    }

    @Test func `each delivery has its mark, and nothing before it is told again`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            _ = try await resume(test, inbox)
            for key in ["a", "b", "c"] { try await test.put(key, 1) }
            let marks = inbox.take().compactMap { $0.mark?.description }
            #expect(Set(marks).count == 3)
            let again = Inbox()
            _ = try await resume(test, again, after: marks[1])
            #expect(again.texts() == ["c=1"])
        }
    }

    @Test func `who did not ask for marks gets none`() async throws {
        try await TestHub.run { test in
            let inbox = Inbox()
            await test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all))
            try await test.put("a", 1)
            #expect(inbox.take().map(\.mark) == [nil])
        }
    }

    @Test(arguments: ["", "x", "00000000-0", "ffffffff-18446744073709551615", "0-1", "+0000001-1", "00000000-+1"])
    func `a mark of another start is a gap`(text: String) async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            let inbox = Inbox()
            let start = try await resume(test, inbox, after: text)
            #expect(start.isGap && start.mark != nil)
            #expect(inbox.texts() == [])
            let other = Inbox()
            let initial = try await resume(test, other, initial: true, after: text)
            #expect(initial.isGap && initial.mark == nil)
            #expect(other.texts() == ["a=1"])
        }
    }

    @Test func `events that were missed are told, but never as a state`() async throws {
        try await TestHub.run { test in
            try await test.define("button", "string", [JSON.Member("event", true)])
            let mark = try await resume(test, Inbox()).mark?.description
            for _ in 0..<2 { try await test.put("button", "press") }
            let inbox = Inbox()
            _ = try await resume(test, inbox, after: mark)
            #expect(inbox.texts() == ["button=press"])
            let other = Inbox()
            _ = try await resume(test, other, initial: true)
            #expect(other.texts() == [])
        }
    }

    @Test func `equal puts are missed by who wants every put`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            let mark = try await resume(test, Inbox()).mark?.description
            try await test.put("a", 1)
            let (changes, puts) = (Inbox(), Inbox())
            _ = try await resume(test, changes, after: mark)
            _ = try await resume(test, puts, every: true, after: mark)
            #expect(changes.texts() == [])
            #expect(puts.texts() == ["a=1"])
        }
    }

    /// Against a client that keeps what it was told: however slowly it reads, and wherever the connection breaks, it knows
    /// the newest value of each key once all is read, and it was told of no key that did not change.
    @Test(arguments: 0..<(getenv("KOMOKU_SOAK") == nil ? 40 : 400))
    func `a client that comes back again and again knows what the hub knows`(seed: Int) async throws {
        var dice = SplitMix(seed: UInt64(seed))
        try await TestHub.run { test in
            let keys = (0..<12).map { "k\($0)" }
            for key in keys.prefix(6) { try await test.put(key, .number(-1)) }
            var known: [String: Value] = [:]
            var inbox = Inbox(capacity: 4)
            var seen = try await resume(test, inbox, initial: true).mark?.description
            func read(_ limit: Int) {
                for delivery in inbox.take(limit) {
                    known[delivery.change.key.text] = delivery.change.value
                    if let mark = delivery.mark { seen = "\(mark)" }
                }
            }
            for step in 0..<120 {
                switch Int.random(in: 0..<10, using: &dice) {
                case 0:
                    if let subscriber = inbox.subscriber { await test.hub.remove(subscriber) }
                    for offset in 0..<Int.random(in: 0..<8, using: &dice) {
                        try await test.put(
                            keys.randomElement(using: &dice) ?? "k0", .number(Double(step * 10 + offset)))
                    }
                    inbox = Inbox(capacity: 4)
                    let start = try await resume(test, inbox, initial: seen == nil, after: seen)
                    #expect(!start.isGap)
                    if let mark = start.mark { seen = "\(mark)" }
                case 1...3: read(Int.random(in: 1...3, using: &dice))
                default: try await test.put(keys.randomElement(using: &dice) ?? "k0", .number(Double(step * 10 + 9)))
                }
            }
            read(.max)
            for key in keys { #expect(try await test.last(key) == known[key], "seed \(seed), \(key)") }
        }
    }
}
