import FoundationEssentials
import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// A counter whose meter is replaced now and then, and whose readings are corrected, beside what all its readings say.
private struct ReplacedMeter {
    static let start: Int64 = 1_700_006_400_000_000
    static let hour: Int64 = 3_600_000_000

    let key = KeyID(rawValue: 0)
    private let clock: VirtualClock
    private let configuration: Store.Configuration
    private let rules: CounterRules
    private let history: MeterHistory
    /// Numbers of all digits fill blocks soon.
    private let hasNoise: Bool
    private(set) var store: Store
    private var random: SplitMix
    private var readings: [Int64: Double] = [:]
    private var replacements: Set<Int64> = []
    /// What was done, oldest first, to be taken back.
    private var undo: [ReplacementWrite] = []

    init(_ history: MeterHistory, seed: UInt64) throws {
        random = SplitMix(seed: seed &* 101 &+ 13)
        clock = VirtualClock(seconds: Double(Self.start / 1_000_000))
        var configuration = Store.Configuration(location: .file(try Folder().database))
        configuration.durability = .normal
        configuration.commitInterval = .seconds(100_000)
        configuration.sealInterval = .seconds(100_000)
        configuration.retention = [
            Store.RetentionRule(keys: [.all], raw: .seconds(86_400), fiveMinutes: .seconds(2 * 86_400), hour: nil)
        ]
        self.configuration = configuration
        hasNoise = seed % 3 == 2
        (self.history, rules) = (history, seed % 3 == 1 ? CounterRules(modulus: 1000) : CounterRules())
        store = try Self.open(configuration, clock)
        store.setCounter(rules, of: key)
        try store.define(0..<1, type: .counter)
    }

    private static func open(_ configuration: Store.Configuration, _ clock: VirtualClock) throws -> Store {
        try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private var now: Int64 { clock.now.microseconds }

    mutating func step() async throws -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...3: return await live()
        case 10, 11: return try await pause()
        case 4, 5: return try await replace()
        case 6: return undone()
        case 7: return try await correct()
        case 8:
            store.close()
            store = try Self.open(configuration, clock)
            store.setCounter(rules, of: key)
            return "reopen"
        default:
            try await store.compacted()
            return "compact"
        }
    }

    private mutating func live() async -> String {
        let numbers = history.numbers(Int.random(in: 10...160, using: &random), &random)
        for number in numbers.map({ hasNoise ? $0 + .random(in: 0..<1e-6, using: &random) : $0 }) {
            // Some gaps among them.
            clock.advance(by: .seconds(Int64.random(in: 60...1200, using: &random)))
            let isGap = random.chance(4)
            if !isGap { readings[now] = number }
            store.append([.point(0, now, isGap ? nil : .number(number))])
        }
        if random.chance(70) { await store.sealed() }
        return "live \(numbers.count)"
    }

    /// Long enough that raw points go.
    private mutating func pause() async throws -> String {
        await store.sealed()
        try await store.compacted()
        // A tail spans a month at most, and its block is looked at in the next round.
        clock.advance(by: .seconds(Int64.random(in: 20...50, using: &random) * 86_400))
        _ = await live()
        await store.sealed()
        try await store.compacted()
        try await store.compacted()
        return "pause"
    }

    /// A reading every three minutes; some of another level after each replacement.
    mutating func day() async throws {
        for minute in 0..<480 {
            clock.advance(by: .seconds(180))
            let number = Double(minute) + Double.random(in: 0..<1, using: &random)
            readings[now] = number
            store.append([.point(0, now, .number(number))])
            if minute % 20 == 19 { await store.sealed() }
        }
    }

    mutating func replace(at time: Int64) {
        replacements.insert(time)
        write(ReplacementWrite(Replacement(key: key, time: Timestamp(microseconds: time))))
    }

    func scene(_ time: Int64) async throws -> RepairScene {
        try await withCheckedContinuation { continuation in
            store.repairScene(of: key, at: Timestamp(microseconds: time)) { continuation.resume(returning: $0) }
        }.get()
    }

    private mutating func replace() async throws -> String {
        guard now > Self.start else { return "nothing" }
        var time = Int64.random(in: Self.start..<now, using: &random)
        if random.chance(40), let reading = readings.keys.sorted().randomElement(using: &random) { time = reading }
        if try await scene(time).isClosed || random.chance(20) { time = Tier.hour.start(of: time) }
        guard replacements.insert(time).inserted else { return "nothing" }
        write(ReplacementWrite(Replacement(key: key, time: Timestamp(microseconds: time))))
        return "replaced at \(time)"
    }

    private mutating func write(_ write: ReplacementWrite) {
        var batch = Batch()
        batch.replacements = [write]
        store.append(batch)
        undo.append(ReplacementWrite(write.replacement, isWithdrawn: !write.isWithdrawn))
    }

    private mutating func undone() -> String {
        guard let last = undo.popLast() else { return "nothing" }
        var batch = Batch()
        batch.replacements = [last]
        store.append(batch)
        let time = last.replacement.time.microseconds
        if last.isWithdrawn { replacements.remove(time) } else { replacements.insert(time) }
        return "undo \(time)"
    }

    private mutating func correct() async throws -> String {
        guard let time = readings.keys.sorted().randomElement(using: &random) else { return "nothing" }
        let scene = try await scene(time)
        guard !scene.isClosed else { return "nothing" }
        #expect(scene.point?.value == readings[time].map(Value.number))
        let number = random.chance(30) ? nil : Double(Int.random(in: 0...900, using: &random))
        readings[time] = number
        store.append([.point(0, time, number.map(Value.number), isNewest: false)])
        // It is in the file before its hour may be closed.
        await store.sealed()
        return "corrected \(time)"
    }

    // MARK: What is known

    mutating func compare(_ place: String) async throws {
        let step = ([1, 5, 24].randomElement(using: &random) ?? 1) * Self.hour
        let around = readings.keys.sorted().randomElement(using: &random) ?? now
        let first = Tier.hour.start(of: around) - Int64.random(in: 0...30, using: &random) * Self.hour
        try await compare(place, from: first, step: step)
    }

    mutating func compare(_ place: String, from first: Int64, step: Int64) async throws {
        let sorted = readings.sorted { $0.key < $1.key }.map { CounterReading($0.value, at: $0.key) }
        let model = CounterModel(sorted, rules, replacements: Array(replacements))
        let gains = model.gains
        let bounds = (0...min(40, Int((now - first) / step + 1))).map { first + Int64($0) * step }
        let windows = try await statistics(bounds)
        for (index, window) in windows.enumerated() where window.increase != nil {
            let range = bounds[index]..<bounds[index + 1]
            var expected = CounterTally()
            for (reading, gain) in zip(sorted, gains) where range ~= reading.time ?? 0 { expected.add(gain) }
            var all = [window]
            if random.chance(10) { all += try await statistics([range.lowerBound, range.upperBound]) }
            for window in all {
                let isRight =
                    isNear(window.increase ?? 0, expected.increase, scale: 1e6) && window.resets == expected.resets
                    && window.glitches == expected.glitches
                if isRight { continue }
                Issue.record("\(place), \(range), \(window.increase ?? 0) \(expected), \(replacements.sorted())")
                return
            }
        }
    }

    private func statistics(_ bounds: [Int64]) async throws -> [WindowStatistics] {
        var query = StatisticsQuery(
            key: key, type: .counter, bounds: bounds.map(Timestamp.init(microseconds:)), now: clock.now)
        query.rules = rules
        return try await store.statistics(query).windows
    }
}

@Suite struct ReplacementTests {
    static let seeds: Range<UInt64> = 0..<(ProcessInfo.processInfo.environment["KOMOKU_SOAK"] == nil ? 2 : 200)

    @Test(arguments: MeterHistory.allCases, seeds)
    func aReplacedMeterBeginsAnewWhereverItsReadingsAreKept(history: MeterHistory, seed: UInt64) async throws {
        var meter = try ReplacedMeter(history, seed: seed)
        var steps: [String] = []
        for step in 0..<18 {
            steps.append(try await meter.step())
            if step % 3 == 2 { try await meter.compare("\(history) \(seed): \(steps.suffix(8))") }
        }
        meter.store.close()
    }

    @Test func pointsOfAnHourInWhichAMeterWasReplacedAreKept() async throws {
        var meter = try ReplacedMeter(.clean, seed: 2)
        let cut = ReplacedMeter.start + 30 * ReplacedMeter.hour + 37 * 60_000_000
        for day in 0..<12 {
            try await meter.day()
            if day == 1 { meter.replace(at: cut) }
            try await meter.store.compacted()
        }
        #expect(try await meter.scene(cut).isClosed == false)
        #expect(try await meter.scene(cut + 100 * ReplacedMeter.hour).isClosed)
        for step in [1, 24, 300] {
            try await meter.compare("\(step)", from: ReplacedMeter.start, step: Int64(step) * ReplacedMeter.hour)
        }
        meter.store.close()
    }
}
