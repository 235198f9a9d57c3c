import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Testing

@Suite struct IntegratingTests {
    private static let options: [JSON.Member] = [
        JSON.Member("integrate", ["from": "house.power", "unit": "kWh"])
    ]

    @Test func energyIsWhatEachPowerHeldFor() async throws {
        try await TestHub.run { house in
            try await house.define("house.energy", "counter", Self.options)
            try await house.put("house.power", 1000, at: 0)
            try await house.put("house.power", 500, at: 3600)
            try await house.put("house.power", 0, at: 7200)
            try await house.put("house.power", 0, at: 9000)
            #expect(try await house.points("house.energy") == ["0:0", "3600:1", "7200:1.5", "9000:1.5"])
        }
    }

    @Test func lateAndEqualPutsAddNothing() async throws {
        try await TestHub.run { house in
            try await house.define("house.energy", "counter", Self.options)
            try await house.put("house.power", 1000, at: 0)
            try await house.put("house.power", 1000, at: 3600)
            try await house.put("house.power", 90_000, at: 1800)
            try await house.put("house.power", 2000, at: 3600)
            try await house.put("house.power", 0, at: 5400)
            #expect(try await house.last("house.energy") == .number(2))
        }
    }

    @Test func theUnitOfThePowerCountsAndWhatIsFedInDoesNot() async throws {
        try await TestHub.run { house in
            try await house.define("house.power", "numeric", [JSON.Member("unit", "kW")])
            try await house.define("house.energy", "counter", Self.options)
            try await house.put("house.power", 2, at: 0)
            try await house.put("house.power", -4, at: 1800)
            try await house.put("house.power", 1, at: 3600)
            #expect(try await house.last("house.energy") == .number(1))
            #expect(try await house.hub.key(house.name("house.energy"))?.options.unit == "kWh")
        }
    }

    @Test func whatIsMadeOfItselfGoesNotRound() async throws {
        try await TestHub.run { house in
            try await house.define("a", "counter", [JSON.Member("integrate", ["from": "b"])])
            try await house.define("b", "counter", [JSON.Member("integrate", ["from": "a"])])
            try await house.put("a", 1000, at: 0)
            try await house.put("a", 2000, at: 3600)
            #expect(try await house.last("a") == .number(2000))
        }
    }

    @Test func onlyCountersIntegrateAndOnlyInUnitsOfEnergy() async throws {
        for option in Self.options {
            let types = KeyType.allCases.filter { KeyOption.misfit(option.name, option.value, for: $0) == nil }
            #expect(types == [.counter])
        }
        for wrong: JSON in [["from": "a b"], ["from": "a", "unit": "m³"], [:], "a"] {
            #expect(throws: CommandError.invalidValue) { try KeyOptions([JSON.Member("integrate", wrong)]) }
        }
    }

    /// A restart goes on from what is stored: each put counts once, however often the hub is stopped.
    @Test(arguments: 0..<UInt64(4))
    func restartsChangeNothing(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let clock = VirtualClock()
        func start() throws -> TestHub {
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let file = Store.Configuration(location: .file(folder.path("hub.db")))
            return try TestHub(store: Store(file, logger: logger), clock: clock)
        }
        var house = try start()
        try await house.define("house.energy", "counter", Self.options)
        var (time, power, wattSeconds) = (1_000_000.0, 0.0, 0.0)
        for round in 0..<60 {
            let step = Double(Int.random(in: 1...900, using: &random))
            if round > 0 { wattSeconds += power * step }
            time += step
            // The same again is no point, but it is news.
            if Int.random(in: 0..<3, using: &random) > 0 { power = Double(Int.random(in: 0...3000, using: &random)) }
            try await house.put("house.power", .number(power), at: time)
            if Int.random(in: 0..<5, using: &random) > 0 { continue }
            _ = await house.hub.keyCount
            house.close()
            house = try start()
        }
        let energy = try await house.last("house.energy")?.number ?? 0
        #expect((energy - wattSeconds / 3_600_000).magnitude < 1e-9, "seed \(seed)")
        house.close()
    }
}
