import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Counters in a store beside what all their readings say.
@Suite struct CounterHistoryTests {
    private let key = KeyID(rawValue: 0)
    private static let start: Int64 = 1_700_006_400_000_000
    private static let hour: Int64 = 3_600_000_000

    private func query(_ bounds: [Int64], _ rules: CounterRules, now: Int64) -> StatisticsQuery {
        var query = StatisticsQuery(
            key: key, type: .counter, bounds: bounds.map(Timestamp.init(microseconds:)), now: .init(microseconds: now))
        query.rules = rules
        return query
    }

    @Test(arguments: MeterHistory.allCases, 0..<UInt64(3))
    func anyWindowsAloneOrTogetherAddUp(history: MeterHistory, seed: UInt64) async throws {
        var random = SplitMix(seed: seed &* 31 &+ 7)
        let store = try Folder().open()
        try store.define(0..<1, type: .counter)
        let rules = seed == 1 ? CounterRules(modulus: 1000) : CounterRules()
        store.setCounter(rules, of: key)
        let numbers = history.numbers(260, &random)
        let readings = numbers.enumerated().map {
            CounterReading($0.element, at: Self.start + Int64($0.offset) * 97_000_000)
        }
        // Some come late, and between them the store seals and merges.
        let late = Set(readings.indices.filter { _ in random.chance(5) })
        var puts: [Put] = []
        for (index, reading) in readings.enumerated() where !late.contains(index) {
            puts.append(.point(0, reading.time ?? 0, .number(reading.value)))
            guard index % 83 == 0 else { continue }
            store.append(puts)
            puts = []
            try await store.compacted()
        }
        store.append(puts)
        for index in late.sorted() {
            let (reading, isNewest) = (readings[index], index == readings.count - 1)
            store.append([.point(0, reading.time ?? 0, .number(reading.value), isNewest: isNewest)])
        }
        if seed == 2 { try await store.compacted() }
        let model = CounterModel(readings, rules)
        let gains = model.gains
        let end = (readings.last?.time ?? 0) + 1
        var bounds = [Self.start]
        while let last = bounds.last, last < end {
            bounds.append(last + Int64.random(in: 1...4, using: &random) * Self.hour / 2)
        }
        let together = try await store.statistics(query(bounds, rules, now: end)).windows
        for (index, window) in together.enumerated() {
            let range = bounds[index]..<bounds[index + 1]
            var expected = CounterTally()
            for (reading, gain) in zip(readings, gains) where range.contains(reading.time ?? 0) {
                expected.add(gain)
            }
            let single = query([range.lowerBound, range.upperBound], rules, now: end)
            let alone = try await store.statistics(single).windows[0]
            for window in [window, alone] {
                #expect(isNear(window.increase ?? 0, expected.increase, scale: 1e6), "\(history) \(seed) \(index)")
                #expect(window.resets == expected.resets && window.glitches == expected.glitches)
            }
        }
        let whole = try await store.statistics(query([Self.start, end], rules, now: end)).windows[0]
        #expect(isNear(whole.increase ?? 0, model.total.increase, scale: 1e6), "\(history) \(seed)")
        store.close()
    }

    @Test func otherRulesCountForWhatIsStored() async throws {
        let store = try Folder().open()
        try store.define(0..<1, type: .counter)
        for index in 0..<200 as Range<Int64> {
            store.append([.point(0, Self.start + index * 60_000_000, .number(Double(index * 30 % 1000)))])
        }
        try await store.compacted()
        let (begin, end) = (Self.start, Self.start + 4 * Self.hour)
        for (rules, increase) in [(CounterRules(), 5880.0), (CounterRules(modulus: 1000), 5970)] {
            let window = try await store.statistics(query([begin, end], rules, now: end)).windows[0]
            #expect(window.increase == increase)
        }
        store.close()
    }

    @Test func otherRulesCountForWhatIsSummedUpLater() async throws {
        let clock = VirtualClock(seconds: Double(Self.start / 1_000_000))
        let day: Int64 = 24 * Self.hour
        var configuration = Store.Configuration(location: .file(try Folder().database))
        configuration.durability = .normal
        configuration.retention = [
            Store.RetentionRule(keys: [.all], raw: .seconds(86_400), fiveMinutes: .seconds(86_400), hour: nil)
        ]
        let store = try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try store.define(0..<1, type: .counter)
        let numbers = (0..<2000).map { Double($0 * 30 % 1000) }
        for (index, number) in numbers.enumerated() {
            store.append([.point(0, Self.start + Int64(index) * 60_000_000, .number(number))])
        }
        clock.advance(by: .seconds(2000 * 60))
        try await store.compacted()
        let rules = CounterRules(modulus: 1000)
        store.setCounter(rules, of: key)
        try await store.compacted()
        // Their month is over, and a round goes on by a week at most.
        clock.advance(by: .seconds(40 * 86_400))
        for _ in 0..<9 {
            store.append([.point(0, clock.now.microseconds, .number(numbers[1999]))])
            clock.advance(by: .seconds(8 * 86_400))
            try await store.compacted()
        }
        let end = Self.start + 2 * day
        let report = try await store.statistics(query([Self.start, end], rules, now: clock.now.microseconds))
        #expect(report.rawSince != nil)
        #expect(report.windows[0].increase == CounterModel(numbers, rules).total.increase)
        store.close()
    }

    @Test func theOtherKindsOfCountersAddUpAsWell() async throws {
        let store = try Folder().open()
        try store.define(0..<1, type: .counter)
        for (index, number) in [5, 9, 4, 4, 12, 3].enumerated() {
            store.append([.point(0, Self.start + Int64(index) * Self.hour / 2, .number(Double(number)))])
        }
        try await store.compacted()
        let bounds = (0...3).map { Self.start + $0 * Self.hour }
        var question = query(bounds, CounterRules(), now: bounds[3])
        question.counting = .derive
        #expect(try await store.statistics(question).windows.map(\.increase) == [4, -5, -1])
        question.counting = .absolute
        #expect(try await store.statistics(question).windows.map(\.increase) == [14, 8, 15])
        store.close()
    }
}
