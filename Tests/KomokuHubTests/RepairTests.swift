import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

/// Points and meters that are changed by hand, over restarts.
@Suite struct RepairTests {
    private static let readings: [(Double, Double)] = [
        (0, 100), (600, 101), (1200, 90_000), (1800, 103), (3000, 5), (4000, 6),
    ]

    private func increase(_ house: House) async throws -> Double? {
        let info = try #require(await house.test.hub.key(house.test.name("m")))
        let query = StatisticsQuery(of: info, bounds: [.at(0), .at(7200)], now: .at(7200))
        let store = house.test.store
        let report = await withCheckedContinuation { done in store.statistics(query) { done.resume(returning: $0) } }
        return try report.get().windows.first?.increase
    }

    private func house() async throws -> House {
        let house = try House()
        try await house.test.define("m", "counter")
        for (time, value) in Self.readings { try await house.test.put("m", .number(value), at: time) }
        return house
    }

    @Test(arguments: [false, true])
    func `what was repaired stays, and can be taken back after a restart`(seals: Bool) async throws {
        let house = try await house()
        defer { house.end() }
        let name = try house.test.name("m")
        #expect(try await increase(house) == 9)
        try await house.test.hub.repair(name, at: .at(1200), to: 102, old: .number(90_000))
        try await house.test.hub.replaceMeter(of: name, at: .at(2000))
        try await house.test.hub.repair(name, at: .at(600), to: nil, old: .number(101))
        try await house.restart(seals: seals)
        if seals { await house.compact() }
        #expect(try await increase(house) == 4)
        #expect(try await house.test.points("m").prefix(3) == ["0:100", "600:gap", "1200:102"])
        #expect(try await house.test.hub.undoRepair(name) == .at(600))
        #expect(try await house.test.hub.undoRepair(name) == .at(2000))
        #expect(try await increase(house) == 9)
        try await house.restart(seals: seals)
        #expect(try await house.test.hub.undoRepair(name) == .at(1200))
        #expect(try await house.test.points("m").prefix(3) == ["0:100", "600:101", "1200:90000"])
        await #expect(throws: Hub.RepairRefusal.nothingToUndo) { try await house.test.hub.undoRepair(name) }
    }

    @Test func `a counter goes on from its newest reading as that was set`() async throws {
        let house = try await house()
        defer { house.end() }
        let name = try house.test.name("m")
        try await house.test.hub.repair(name, at: .at(4000), to: 106, old: .number(6))
        try await house.test.hub.increment(name, by: 1, cause: .client("t"))
        #expect(try await house.test.last("m") == .number(107))
        try await house.restart()
        #expect(try await house.test.last("m") == .number(107))
        await #expect(throws: Hub.RepairRefusal.isNewest) {
            let last = try #require(await house.test.hub.last(name))
            try await house.test.hub.repair(name, at: last.time, to: nil, old: last.value)
        }
    }

    @Test func `what waits for its time is not repaired, and what was misdated is`() async throws {
        let house = try await house()
        defer { house.end() }
        let name = try house.test.name("m")
        let forecast = house.clock.now.seconds + 7200
        try await house.test.put("f", 500, at: forecast)
        await #expect(throws: Hub.RepairRefusal.isAhead) {
            try await house.test.hub.repair(house.test.name("f"), at: .at(forecast), to: 3, old: .number(500))
        }
        house.clock.jump(by: .seconds(86_400))
        try await house.test.put("m", 700)
        let wrong = try #require(await house.test.hub.last(name)?.time)
        house.clock.jump(by: .seconds(-86_400))
        await house.test.hub.tick()
        try await house.settle { await $0.misdatedCount == 1 }
        try await house.test.hub.repair(name, at: wrong, to: nil, old: .number(700))
        try await house.test.put("m", 7)
        try await house.restart(seals: true)
        #expect(try await house.test.last("m") == .number(7))
        #expect(try await house.test.points("m").last == "\(DecimalNumber.text(wrong.seconds)):gap")
    }

    @Test func `a deleted key takes what was repaired with it`() async throws {
        let house = try await house()
        defer { house.end() }
        let name = try house.test.name("m")
        try await house.test.hub.replaceMeter(of: name, at: .at(2000))
        try await house.test.hub.delete(name)
        try await house.restart(seals: true)
        try await house.test.define("m", "counter")
        for (time, value) in Self.readings { try await house.test.put("m", .number(value), at: time) }
        #expect(try await increase(house) == 9)
        await #expect(throws: Hub.RepairRefusal.nothingToUndo) { try await house.test.hub.undoRepair(name) }
    }
}
