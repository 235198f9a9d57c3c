import Komoku
import KomokuStore
import KomokuTesting
import Logging
import Testing

@testable import KomokuHub

/// Three years of a house on a virtual clock: expiry, seals, merges, retention and restarts included.
@Suite struct ThreeYearsTests {
    private static let days = 1096
    private static let start = 1_672_531_200.0

    /// What happens on a day, and what it comes to.
    private struct Day {
        var puts: [(time: Double, key: String, value: JSON)] = []
        /// Sum and count of the temperatures, what the meter gained, seconds of motion, openings of the door.
        var temperatureSum = 0.0
        var temperatures = 0
        var gained = 0.0
        var motion = 0.0
        var openings = 0

        init(_ day: Int, meter: inout Int, _ random: inout SplitMix) {
            let begin = ThreeYearsTests.start + Double(day) * 86_400
            for slot in 0..<48 {
                let number = Double(Int.random(in: -150...320, using: &random)) / 10
                puts.append((begin + Double(slot) * 1800 + 5, "garden.temperature", .number(number)))
                temperatureSum += number
                temperatures += 1
                let step = Int.random(in: 0...400, using: &random)
                meter += step
                gained += Double(step) / 1000
                puts.append((begin + Double(slot) * 1800 + 10, "house.energy", .number(Double(meter) / 1000)))
            }
            for hour in stride(from: 6, to: 22, by: 2) {
                puts.append((begin + Double(hour) * 3600 + 77, "hall.motion", .bool(true)))
                motion += 90
            }
            for hour in [7, 17] {
                puts.append((begin + Double(hour) * 3600 + 300, "front.door", .bool(true)))
                puts.append((begin + Double(hour) * 3600 + 330, "front.door", .bool(false)))
                openings += 1
            }
            puts.append((begin + 6 * 3600, "heating.mode", .string("comfort")))
            puts.append((begin + 22 * 3600, "heating.mode", .string("night")))
            puts.sort { $0.time < $1.time }
        }
    }

    private func open(_ path: String, _ clock: VirtualClock) throws -> TestHub {
        var configuration = Store.Configuration(location: .file(path))
        configuration.durability = .normal
        configuration.retention = [
            .init(keys: [.all], raw: .seconds(60 * 86_400), fiveMinutes: .seconds(365 * 86_400))
        ]
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(configuration, clock: { clock.now }, logger: logger)
        return try TestHub(store: store, clock: clock)
    }

    private func live(_ day: Day, in house: TestHub) async {
        await withCheckedContinuation { continuation in
            house.hub.enqueue { hub in
                for put in day.puts {
                    let ahead = (Timestamp(seconds: put.time) ?? house.clock.now) - house.clock.now
                    house.clock.advance(by: ahead)
                    hub.tick()
                    guard let name = KeyName(put.key) else { continue }
                    try? hub.put(name, put.value, cause: .client("test"))
                }
                continuation.resume()
            }
        }
    }

    private func compact(_ store: Store) async throws {
        _ = try await withCheckedContinuation { continuation in
            store.compact { continuation.resume(returning: $0) }
        }.get()
    }

    private func days(_ key: String, in house: TestHub) async throws -> [WindowStatistics] {
        let info = try #require(await house.hub.key(house.name(key)))
        let bounds = (0...Self.days).compactMap { Timestamp(seconds: Self.start + Double($0) * 86_400) }
        let query = StatisticsQuery(key: info.id, type: info.type, bounds: bounds, now: house.clock.now)
        return try await withCheckedContinuation { continuation in
            house.store.statistics(query) { continuation.resume(returning: $0) }
        }.get().windows
    }

    @Test func threeYearsOfAHouseAreAddedUpRight() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let clock = VirtualClock(seconds: Self.start)
        var house = try open(folder.path + "/years.db", clock)
        try await house.define("house.energy", "counter", [JSON.Member("precision", .number(3))])
        try await house.define("hall.motion", "uptime", [JSON.Member("max_time", .number(90))])
        var random = SplitMix(seed: 3)
        var meter = 0
        var expected: [Day] = []
        for number in 0..<Self.days {
            let day = Day(number, meter: &meter, &random)
            await live(day, in: house)
            expected.append(day)
            if number % 7 == 6 { try await compact(house.store) }
            if number % 200 == 199 {
                house.close()
                house = try open(folder.path + "/years.db", clock)
            }
        }
        clock.advance(by: .seconds(7200))
        await house.hub.tick()
        try await compact(house.store)
        try await check(expected, house)
        let statistics = house.store.statistics
        #expect(statistics.fileBytes < 4 << 20)
        #expect(statistics.points < 30_000)
        house.close()
    }

    private func check(_ expected: [Day], _ house: TestHub) async throws {
        let temperatures = try await days("garden.temperature", in: house)
        let energies = try await days("house.energy", in: house)
        let motions = try await days("hall.motion", in: house)
        let doors = try await days("front.door", in: house)
        let modes = try await days("heating.mode", in: house)
        for (day, wanted) in expected.enumerated() {
            let sum = temperatures[day].sum ?? 0
            #expect((sum - wanted.temperatureSum).magnitude < 1e-6, "day \(day)")
            #expect(temperatures[day].count == wanted.temperatures, "day \(day)")
            // The step from the last reading of the day before is counted with the first of the day.
            if day > 0 { #expect(((energies[day].increase ?? 0) - wanted.gained).magnitude < 1e-6, "day \(day)") }
            #expect(motions[day].trueTime?.seconds == wanted.motion, "day \(day)")
            #expect(doors[day].edges == wanted.openings * 2 - (day == 0 ? 1 : 0), "day \(day)")
            if day > 0 { #expect(modes[day].states.first?.time == .seconds(57_600), "day \(day)") }
        }
    }
}
