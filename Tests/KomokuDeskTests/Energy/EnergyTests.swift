import Foundation
import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import KomokuWire
import Logging
import Testing

@testable import KomokuDesk

/// What the house's meters come to.
@Suite(.timeLimit(.minutes(2))) struct EnergyTests {
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private struct House {
        let desk: Desk
        let hub: Hub
        let clock: VirtualClock

        func define(_ key: String, _ type: KeyType = .counter, unit: String? = "kWh") async throws {
            let options = unit.map { [JSON.Member("unit", .string($0))] } ?? []
            try await hub.define([Definition(name: key, type: .string(type.rawValue), options: options)])
        }

        func put(_ key: String, _ readings: [EnergyModel.Reading]) async throws {
            let name = try #require(KeyName(key))
            for reading in readings {
                try await hub.put(name, .number(reading.value), at: reading.time, cause: .client("test"))
            }
        }

        func ask(_ request: EnergyRequest, rights: Rights = .all) async throws -> EnergyReport {
            let caller = Caller("test", isLocal: true, rights: rights)
            let reply = await withCheckedContinuation { continuation in
                desk.perform(.energy(request), for: caller) {
                    continuation.resume(returning: $0)
                } pieces: { _ in
                    continuation.resume(returning: .error(.invalidQuery))
                }
            }
            var bytes: [UInt8] = []
            reply.write(into: &bytes, version: .v2, queryID: nil)
            let json = try JSON(parsing: bytes)
            if let message = json["message"]?.string { throw Refusal.invalidQuery(message) }
            return try EnergyReport(json["result"] ?? .null)
        }
    }

    private static func with(
        _ settings: EnergySettings, zone: String = "UTC", now: Double, _ body: (House) async throws -> Void
    ) async throws {
        let clock = VirtualClock(seconds: now)
        let store = try Store(Store.Configuration(location: .memory), logger: silent)
        var configuration = Hub.Configuration()
        configuration.timeZone = zone
        let hub = Hub(store: store, configuration: configuration, clock: clock, logger: silent)
        hub.start()
        defer {
            hub.stop()
            store.close()
        }
        try await body(House(desk: Desk(hub, energy: EnergyBook(settings)), hub: hub, clock: clock))
    }

    private static func meter(_ key: String, _ kind: EnergyMeterKind) throws -> EnergySettings.Meter {
        EnergySettings.Meter(try KeyName(validating: key), kind)
    }

    private static func time(_ seconds: Double) -> Timestamp { Timestamp(seconds: seconds) ?? .distantPast }

    // MARK: Against the model

    /// A zone, and days on which its clocks change.
    private static let changes: [(zone: String, around: Double)] = [
        ("Europe/Warsaw", 1_774_746_000), ("Europe/Warsaw", 1_792_890_000), ("America/New_York", 1_793_512_800),
        ("Australia/Lord_Howe", 1_775_314_800), ("Asia/Kathmandu", 1_774_746_000), ("Africa/Casablanca", 1_771_120_800),
    ]

    @Test(arguments: 0..<(ProcessInfo.processInfo.environment["KOMOKU_SOAK"] == nil ? 6 : 240))
    func aRowIsWhatItsReadingsAdd(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed) &+ 1)
        let (zoneName, around) = Self.changes[seed % Self.changes.count]
        let zone = try ZoneFiles().zone(named: zoneName)
        let home = seed % 2 == 0 ? zone : try ZoneFiles().zone(named: "Europe/London")
        let model = EnergyModel(zone: zone, home: home)
        let now = Self.time(around + 9 * 86_400)
        let start = Self.time(around - 12 * 86_400)
        let (grid, solar, out) = (
            random.counter(from: start, until: now), random.counter(from: start, until: now),
            random.counter(from: start, until: now)
        )
        let prices = HourPrices(
            [.init(from: 22 * 60, to: 6 * 60, price: 0.2), .init(from: 6 * 60, to: 9 * 60 + 30, price: 0.5)],
            otherwise: 0.3)
        var settings = EnergySettings()
        settings.meters = try [("grid.in", .gridIn), ("pv.total", .solar), ("grid.out", .gridOut)].map(Self.meter)
        (settings.price, settings.feedIn) = (.hours(prices), .fixed(0.08))
        try await Self.with(settings, zone: home.name, now: now.seconds) { house in
            for (key, readings) in [("grid.in", grid), ("pv.total", solar), ("grid.out", out)] {
                try await house.define(key)
                try await house.put(key, readings)
            }
            for step in EnergyStep.allCases {
                var request = EnergyRequest(by: step, since: start)
                request.zone = zoneName
                let report = try await house.ask(request)
                let wanted = ["grid.in": grid, "pv.total": solar, "grid.out": out].mapValues {
                    model.amounts($0, step)
                }
                let cost = model.cost(grid, step) { prices.price(at: model.minute($0)) }
                let earned = model.cost(out, step) { _ in -0.08 }
                #expect(Set(report.rows.map { model.label($0.since, step) }).count == report.rows.count)
                for row in report.rows where row.since < now {
                    let label = model.label(row.since, step)
                    let amount = { (key: String) in wanted[key]?[label] ?? 0 }
                    for key in wanted.keys {
                        #expect(abs((row.values[key] ?? 0) - amount(key)) < 1e-4, "\(step) \(label) \(key)")
                    }
                    #expect(abs((row.cost["grid.in"] ?? 0) - (cost[label] ?? 0)) < 1e-4, "\(step) \(label)")
                    #expect(abs((row.cost["grid.out"] ?? 0) - (earned[label] ?? 0)) < 1e-4, "\(step) \(label)")
                    let used = amount("grid.in") + amount("pv.total") - amount("grid.out")
                    #expect(abs((row.used ?? .nan) - used) < 1e-4, "\(step) \(label)")
                    if used > 0.1 {
                        let own = min(1, max(0, 1 - amount("grid.in") / used))
                        #expect(abs((row.selfSufficiency ?? .nan) - own) < 1e-3, "\(step) \(label)")
                    }
                }
            }
        }
    }

    @Test(arguments: 0..<4)
    func aKeyOfPricesCountsByItsMeanInEachHour(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed) &+ 100)
        let (zoneName, around) = Self.changes[seed % Self.changes.count]
        let zone = try ZoneFiles().zone(named: zoneName)
        let model = EnergyModel(zone: zone, home: zone)
        let (start, now) = (Self.time(around - 3 * 86_400), Self.time(around + 3 * 86_400))
        let grid = random.counter(from: start, until: now)
        var prices: [EnergyModel.Reading] = []
        var time = start - .seconds(7200)
        while time < now {
            prices.append(.init(time: time, value: Double.random(in: -0.1...0.6, using: &random)))
            time = time + .seconds(Int64.random(in: 1...9, using: &random) * 600)
        }
        var settings = EnergySettings()
        settings.meters = [try Self.meter("grid.in", .gridIn)]
        settings.price = .key(try #require(KeyName("tariff.now")))
        try await Self.with(settings, zone: zoneName, now: now.seconds) { house in
            try await house.define("grid.in")
            try await house.define("tariff.now", .numeric, unit: nil)
            try await house.put("grid.in", grid)
            try await house.put("tariff.now", prices)
            for step in [EnergyStep.hour, .day, .week] {
                let report = try await house.ask(EnergyRequest(by: step, since: start))
                // The hour that it is has no whole mean yet.
                let wanted = model.cost(grid, step) { model.mean(prices, aroundHourOf: $0) }
                for row in report.rows where row.until <= zone.start(of: .hour, at: now) {
                    let label = model.label(row.since, step)
                    #expect(abs((row.cost["grid.in"] ?? 0) - (wanted[label] ?? 0)) < 1e-4, "\(step) \(label)")
                }
            }
        }
    }

    // MARK: What is not known

    private static let day = 86_400.0
    private static let midnight = 1_774_656_000.0

    /// A reading an hour that adds `gain`.
    private static func hourly(from start: Double, hours: Int, gain: Double, at first: Double = 10) -> [EnergyModel
        .Reading]
    {
        (0..<hours).map { .init(time: time(start + Double($0) * 3600), value: first + Double($0) * gain) }
    }

    @Test func aNewMeterAddsNothingByItsFirstReading() async throws {
        var settings = EnergySettings()
        settings.meters = [try Self.meter("grid.in", .gridIn)]
        try await Self.with(settings, now: Self.midnight + 3 * Self.day) { house in
            try await house.define("grid.in")
            try await house.put("grid.in", Self.hourly(from: Self.midnight, hours: 24, gain: 1, at: 500))
            let name = try #require(KeyName("grid.in"))
            try await house.put("grid.in", Self.hourly(from: Self.midnight + Self.day, hours: 24, gain: 1, at: 9000))
            let before = try await house.ask(EnergyRequest(by: .day, since: Self.time(Self.midnight)))
            #expect((before.rows[1].values["grid.in"] ?? 0) > 100)
            let repair = RepairRequest(name, .replaced(Self.time(Self.midnight + Self.day)))
            _ = await withCheckedContinuation { continuation in
                house.desk.perform(.repair(repair), for: Caller("test", isLocal: true)) {
                    continuation.resume(returning: $0)
                } pieces: { _ in
                }
            }
            let after = try await house.ask(EnergyRequest(by: .day, since: Self.time(Self.midnight)))
            let amounts: [Double] = after.rows.prefix(2).compactMap { $0.values["grid.in"] }
            #expect(amounts == [23, 23])
        }
    }

    @Test func whatIsNotKnownIsToldAndNotGuessed() async throws {
        var settings = EnergySettings()
        settings.meters = try [
            ("grid.in", .gridIn), ("pv.total", .solar), ("washer.energy", .device), ("none.energy", .device),
            ("hall.power", .device), ("water.total", .device),
        ].map(Self.meter)
        try await Self.with(settings, now: Self.midnight + 4 * Self.day) { house in
            for key in ["grid.in", "pv.total", "washer.energy"] { try await house.define(key) }
            try await house.define("hall.power", .numeric, unit: "W")
            try await house.define("water.total", unit: "m³")
            try await house.put("grid.in", Self.hourly(from: Self.midnight, hours: 96, gain: 1))
            // The sun comes to the house on the third day.
            try await house.put("pv.total", Self.hourly(from: Self.midnight + 2 * Self.day, hours: 48, gain: 0.5))
            try await house.put("washer.energy", Self.hourly(from: Self.midnight, hours: 96, gain: 0.25))
            let report = try await house.ask(EnergyRequest(by: .day, since: Self.time(Self.midnight)))
            let faults: [Bool] = report.meters.map { $0.fault != nil }
            #expect(faults == [false, false, false, true, true, true])
            #expect(report.meters[3].fault == "there is no such key yet")
            #expect(report.rows[0].values["pv.total"] == nil)
            let (used, rest): ([Double], [Double]) = ([23, 24, 35.5, 36], [17.25, 18, 29.5, 30])
            #expect(report.rows.compactMap(\.used) == used)
            #expect(report.rows.compactMap(\.unaccounted) == rest)
            #expect(report.rows[3].selfSufficiency == 0.333333)
            #expect(report.rows.allSatisfy { $0.missing.entries.isEmpty }, "\(report.json)")
        }
    }

    /// A source that is silent for longer than it may be is stale: nothing is known then, and nothing is guessed.
    @Test func aMeterOfWhichNothingIsKnownLeavesTheRowOpen() async throws {
        var settings = EnergySettings()
        settings.meters = [try Self.meter("grid.in", .gridIn)]
        settings.price = .fixed(2)
        try await Self.with(settings, now: Self.midnight) { house in
            let name = try #require(KeyName("grid.in"))
            let options = [JSON.Member("unit", "kWh"), JSON.Member("expect_every", 7200)]
            try await house.hub.define([Definition(name: "grid.in", type: "counter", options: options)])
            for hour in 0..<96 {
                if hour < 24 || hour >= 72 {
                    try await house.hub.put(name, .number(Double(100 + hour)), cause: .client("test"))
                }
                await house.clock.advance(by: .seconds(3600), for: house.hub)
            }
            let rows = try await house.ask(EnergyRequest(by: .day, since: Self.time(Self.midnight))).rows
            #expect(rows[0].used == 23 && rows[0].missing.entries.isEmpty)
            // It was known for two hours more.
            let silent = rows[1].missing["grid.in"] ?? 0
            #expect(silent > 79_000 && silent < 86_400)
            #expect(rows[2].used == nil && rows[2].values["grid.in"] == nil && rows[2].cost["grid.in"] == nil)
            #expect(rows[2].missing["grid.in"] == 86_400)
            // What was counted meanwhile is in the row of the next reading.
            let sum = rows.compactMap { $0.values["grid.in"] }.reduce(0, +)
            #expect(sum == 95 && rows[3].used == 72 && rows[3].cost["grid.in"] == 144)
        }
    }

    @Test func unitsAreThoseOfTheKeys() async throws {
        var settings = EnergySettings()
        settings.meters = try ["wh", "mwh", "mj", "none"].map { try Self.meter("a.\($0)", .device) }
        var gas = try Self.meter("gas.total", .gas)
        (gas.factor, gas.price) = (10.5, .fixed(0.1))
        var water = try Self.meter("water.litres", .water)
        water.price = .fixed(4)
        settings.meters += [gas, water]
        try await Self.with(settings, now: Self.midnight + Self.day) { house in
            for (key, unit) in [
                ("a.wh", "Wh"), ("a.mwh", "MWh"), ("a.mj", "MJ"), ("a.none", nil), ("gas.total", "m³"),
                ("water.litres", "L"),
            ] as [(String, String?)] {
                try await house.define(key, unit: unit)
                try await house.put(key, Self.hourly(from: Self.midnight, hours: 11, gain: 3.6))
            }
            let report = try await house.ask(EnergyRequest(by: .day, since: Self.time(Self.midnight)))
            #expect(report.meters.map(\.unit) == ["kWh", "kWh", "kWh", "kWh", "kWh", "m³"])
            let row = try #require(report.rows.first)
            let amounts = report.meters.map { row.values[$0.id] ?? .nan }
            for (amount, wanted) in zip(amounts, [0.036, 36_000, 10, 36, 378, 0.036]) {
                #expect(abs(amount - wanted) < 1e-6 * max(1, wanted), "\(amount) \(wanted)")
            }
            #expect(abs((row.cost["gas.total"] ?? 0) - 37.8) < 1e-6 && row.cost["water.litres"] == 0.144)
            #expect(row.used == nil)
        }
    }

    @Test func whoMayNotReadAMeterHasNone() async throws {
        var settings = EnergySettings()
        settings.currency = "EUR"
        settings.meters = try [("grid.in", .gridIn), ("geheim.pv", .solar)].map(Self.meter)
        settings.price = .key(try #require(KeyName("geheim.tariff")))
        var plain = settings
        plain.meters.removeLast()
        plain.price = nil
        func fill(_ house: House) async throws {
            for key in ["grid.in", "geheim.pv"] {
                try await house.define(key)
                try await house.put(key, Self.hourly(from: Self.midnight, hours: 24, gain: 1))
            }
            try await house.define("geheim.tariff", .numeric, unit: nil)
            try await house.put("geheim.tariff", Self.hourly(from: Self.midnight, hours: 24, gain: 0.1))
        }
        let rights = Rights(reading: [try KeyPattern(validating: "grid.*")], writing: [])
        let request = EnergyRequest(by: .day, since: Self.time(Self.midnight))
        var told: [JSON] = []
        for (settings, rights) in [(settings, rights), (plain, Rights.all)] {
            try await Self.with(settings, now: Self.midnight + Self.day) { house in
                try await fill(house)
                told.append(try await house.ask(request, rights: rights).json)
                let nothing = Rights(reading: [], writing: [])
                await #expect(throws: Refusal.self) { try await house.ask(request, rights: nothing) }
            }
        }
        #expect(told[0] == told[1] && !told[0].text.contains("geheim"))
    }

    @Test func aRangeThatIsTooLongIsRefusedWithTheRemedy() async throws {
        var settings = EnergySettings()
        settings.meters = [try Self.meter("grid.in", .gridIn)]
        settings.price = .hours(HourPrices([.init(from: 0, to: 360, price: 1)], otherwise: 2))
        try await Self.with(settings, now: Self.midnight) { house in
            try await house.define("grid.in")
            try await house.put("grid.in", Self.hourly(from: Self.midnight - 86_400, hours: 3, gain: 1))
            for (request, words) in [
                (EnergyRequest(by: .hour, since: Self.time(0)), "10000 rows"),
                (EnergyRequest(by: .year, since: Self.time(0)), "a decade at most"),
                (EnergyRequest(by: .day, since: Self.time(Self.midnight), until: Self.time(0)), "the range is empty"),
            ] {
                let refusal = await #expect(throws: Refusal.self) { try await house.ask(request) }
                #expect(refusal?.message?.contains(words) == true, "\(refusal?.message ?? "")")
            }
            // Where nobody says since when, it begins with the first reading.
            let years = try await house.ask(EnergyRequest(by: .year))
            #expect(years.rows.count == 1 && years.rows[0].values["grid.in"] == 2)
        }
    }
}
