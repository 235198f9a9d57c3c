import Komoku
import KomokuClient
import KomokuHub
@testable import KomokuWire
import Testing

struct ClientTests {
    @Test func whatIsPutIsReadBack() async throws {
        try await TestHub.withClient { client in
            #expect(try await client.get("a")?.text == nil)
            try await client.define("b", type: .boolean)
            #expect(try await client.key("b").map { $0.value?.text ?? "none" } == "none")
            try await client.delete("b")
            #expect(try await client.put("a", 1.5, at: Timestamp(microseconds: 100_000_000)))
            #expect(try await client.get("a") == 1.5)
            try await client.define("a", type: .numeric, options: [JSON.Member("unit", "W")])
            #expect(try await client.key("b")?.name == nil)
            let key = try await client.key("a")
            #expect(key?.unit == "W")
            #expect(key?.value == 1.5)
            #expect(key?.time == Timestamp(microseconds: 100_000_000))
            #expect(try await client.key("a b") == nil)
            try await client.delete("a")
            #expect(try await client.keys().isEmpty)
        }
    }

    @Test func historyIsAscending() async throws {
        try await TestHub.withClient { client in
            for second in 1...5 as ClosedRange<Int64> {
                try await client.put("b", .bool(second % 2 == 0), at: Timestamp(microseconds: second * 1_000_000))
            }
            let all = try await client.history("b")
            #expect(all.map(\.time.seconds) == [1, 2, 3, 4, 5])
            #expect(all.last?.value == false)
            let some = try await client.history("b", since: Timestamp(microseconds: 1_000_000), limit: 2)
            #expect(some.map(\.time.seconds) == [4, 5])
        }
    }

    @Test func aRefusalNamesItsReason() async throws {
        try await TestHub.withClient { client in
            try await client.put("a", 1)
            let wrong = await #expect(throws: ClientError.self) { try await client.put("a", "x") }
            #expect(wrong?.code == "invalid_value")
            let other = await #expect(throws: ClientError.self) { try await client.define("a", type: .string) }
            #expect(other?.code == "type_mismatch")
            let missing = await #expect(throws: ClientError.self) { try await client.delete("zzz") }
            #expect(missing?.code == "invalid_key")
        }
    }

    @Test func aHubThatIsNotThereIsSaidSo() async throws {
        let hub = try await TestHub()
        let address = try hub.address
        await hub.stop()
        let client = Client(address)
        let error = await #expect(throws: ClientError.self) { try await client.get("a") }
        #expect(error == .unreachable(address, reason: "connection refused"))
        #expect("\(error ?? .timedOut(address))".hasSuffix("connection refused; is komokud running?"))
        await client.close()
    }

    @Test func manyRequestsShareAConnectionInAnyOrder() async throws {
        try await TestHub.withClient { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await client.put("k.\(number)", .number(Double(number)))
                        let value = try await client.get("k.\(number)")
                        #expect(value == .number(Double(number)))
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func aWatchTellsChangesAndComesBackAfterARestart() async throws {
        let hub = try await TestHub()
        let client = Client(try hub.address)
        try await client.put("r.a", 1)
        let watch = try await client.watch("r.*", initial: true)
        let events = watch.makeAsyncIterator()
        guard case .item(let first) = await events.next() else { return #expect(Bool(false)) }
        #expect(first.key == "r.a")
        #expect(first.value == 1)
        try await client.put("r.b", true)
        guard case .item(let second) = await events.next() else { return #expect(Bool(false)) }
        #expect(second.key == "r.b")
        await hub.stop()
        #expect(await events.next() == .disconnected)
        let again = try await TestHub(port: hub.port)
        #expect(await events.next() == .reconnected)
        try await client.put("r.c", "x")
        guard case .item(let third) = await events.next() else { return #expect(Bool(false)) }
        #expect(third.key == "r.c")
        await watch.cancel()
        await client.close()
        await again.stop()
    }

    @Test func whatAWatchMissedIsToldAfterABreak() async throws {
        let hub = try await TestHub()
        let client = Client(try hub.address)
        try await client.put("r.a", 1)
        try await client.put("r.b", 1)
        let watch = try await client.watch("r.*")
        let events = watch.makeAsyncIterator()
        try await client.put("r.b", 2)
        guard case .item(let first) = await events.next() else { return #expect(Bool(false)) }
        #expect(first.key == "r.b" && !first.isMissed)
        try await hub.interrupt {
            for number in 3...5 {
                try await hub.hub.put(KeyName(validating: "r.c"), .number(Double(number)), cause: .client("test"))
            }
        }
        #expect(await events.next() == .disconnected)
        #expect(await events.next() == .reconnected)
        guard case .item(let missed) = await events.next() else { return #expect(Bool(false)) }
        #expect(missed.key == "r.c" && missed.value == 5 && missed.isMissed && missed.isStale == false)
        try await client.put("r.a", 2)
        guard case .item(let next) = await events.next() else { return #expect(Bool(false)) }
        #expect(next.key == "r.a" && !next.isMissed)
        await watch.cancel()
        await client.close()
        await hub.stop()
    }

    @Test func aCancelledWatchEnds() async throws {
        try await TestHub.withClient { client in
            let watch = try await client.watch("**")
            let task = Task {
                for await _ in watch {}
                return true
            }
            task.cancel()
            #expect(await task.value)
        }
    }

    @Test(arguments: [
        ("ws://127.0.0.1:7274", "ws://127.0.0.1:7274"), ("localhost", "ws://localhost:7274"),
        ("ws://[::1]:80/v2", "ws://[::1]:80"), ("hub.local:99", "ws://hub.local:99"),
    ])
    func addressesMayBeShort(text: String, address: String) throws {
        #expect(try HubAddress(text).description == address)
    }

    @Test(arguments: ["", "ftp://x", "ws://", "x:0", "x:99999", "x:y", "a b"])
    func badAddressesAreRefused(text: String) {
        #expect(throws: ClientError.self) { try HubAddress(text) }
    }
}
