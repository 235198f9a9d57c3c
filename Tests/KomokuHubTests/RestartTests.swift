import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

/// What a hub knows after it was stopped and started again.
@Suite struct RestartTests {
    @Test(arguments: [-3600, -200])
    func `a put of now is the newest though the clock went back while the hub was down`(step: Int64) async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1)
        house.clock.jump(by: .seconds(step))
        try await house.restart()
        try await house.test.put("a", 2)
        #expect(try await house.test.last("a") == .number(2))
        // A little is a clock that was set; by more than five minutes what was dated ahead counts no more.
        let wanted =
            step == -200 ? ["1700000000:1", "1700000000.000001:2"] : ["1699996400.000001:2", "1700000000:1"]
        #expect(try await house.test.points("a") == wanted)
    }

    @Test func `a time far ahead waits for its moment, also over a restart`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1, at: 1_800_000_000)
        try await house.restart()
        try await house.test.put("a", 2)
        #expect(try await house.test.last("a") == .number(2))
        #expect(try await house.test.points("a") == ["1700000000:2", "1800000000:1"])
    }

    @Test(arguments: [false, true])
    func `min_resolution replaces a point that is in a block`(restarts: Bool) async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.define("a", "numeric", [JSON.Member("min_resolution", 10)])
        try await house.test.put("a", 1, at: 0)
        try await house.test.put("a", 2, at: 5)
        if restarts { try await house.restart(seals: true) } else { await house.seal() }
        try await house.test.put("a", 3, at: 9)
        #expect(try await house.test.points("a") == ["0:3"])
        if restarts { try await house.restart(seals: true) } else { await house.seal() }
        try await house.test.put("a", 4, at: 10)
        #expect(try await house.test.points("a") == ["0:3", "10:4"])
        let store = house.test.store
        await withCheckedContinuation { done in store.compact { _ in done.resume() } }
        #expect(try await house.test.points("a") == ["0:3", "10:4"])
        #expect(store.statistics.points == 2)
    }

    @Test(arguments: [false, true])
    func `a repetition that was no point becomes one when an older value comes between`(seals: Bool) async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1, at: 0)
        try await house.test.put("a", 1, at: 30)
        try await house.restart(seals: seals)
        #expect(try await house.test.hub.last(house.test.name("a"))?.time.seconds == 30)
        try await house.test.put("a", 2, at: 10)
        try await house.restart(seals: seals)
        #expect(try await house.test.points("a") == ["0:1", "10:2", "30:1"])
        try await house.test.put("a", 1, at: 80)
        #expect(try await house.test.points("a").count == 3)
        try await house.test.put("a", 1, at: 90)
        #expect(try await house.test.points("a").last == "90:1")
    }

    @Test func `a deleted key stays deleted and its name begins anew`() async throws {
        let house = try House()
        defer { house.end() }
        try await house.test.put("a", 1)
        await house.seal()
        try await house.test.hub.delete(house.test.name("a"))
        try await house.test.put("a", "text")
        try await house.restart(seals: true)
        #expect(try await house.test.points("a") == ["1700000000:text"])
        #expect(await house.test.hub.keyCount == 1)
    }
}
