import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// A store with two keys on a virtual clock, and what it ought to know.
struct CoverageHouse {
    let clock: VirtualClock
    private(set) var store: Store
    private let configuration: Store.Configuration
    private let type: KeyType
    private var random: SplitMix
    private var ids: [Int32] = [0, 1]
    private var models = [CoverageModel(), CoverageModel()]
    /// Before it sums of two keys were joined: how long values held is no longer exact.
    private var joined = [Int64.min, .min]
    private let keepsHours: Int64

    private static let begin = CoverageTests.start
    private static let hour = CoverageTests.hour
    private static let day = CoverageTests.day

    private static func retention(_ raw: Int?, _ fiveMinutes: Int?, _ hour: Int?) -> Store.RetentionRule {
        func age(_ days: Int?) -> Duration? { days.map { .seconds(Int64($0) * 86_400) } }
        return Store.RetentionRule(keys: [.all], raw: age(raw), fiveMinutes: age(fiveMinutes), hour: age(hour))
    }

    init(raw: Int, fiveMinutes: Int) throws {
        try self.init(SplitMix(seed: 1), .numeric, Self.retention(raw, fiveMinutes, nil), keepsHours: .max, nil)
    }

    init(seed: UInt64) throws {
        var random = SplitMix(seed: seed &* 7919 &+ 3)
        let raw = [1, 2, 5, nil].randomElement(using: &random) ?? nil
        let fine = [1, 3, 10, nil].randomElement(using: &random) ?? nil
        let coarse = random.chance(25) ? 20 : nil
        let rule = Self.retention(raw, fine, coarse)
        let type = random.chance(80) ? KeyType.numeric : .boolean
        try self.init(
            random, type, rule, keepsHours: coarse.map { Int64($0) * Self.day } ?? .max,
            random.chance(25) ? 150_000 : nil)
    }

    private init(
        _ random: SplitMix, _ type: KeyType, _ rule: Store.RetentionRule, keepsHours: Int64, _ maximumSize: Int?
    ) throws {
        clock = VirtualClock(seconds: Double(Self.begin / 1_000_000))
        var configuration = Store.Configuration(location: .file(try Folder().database))
        configuration.durability = .normal
        configuration.commitInterval = .seconds(100_000)
        configuration.sealInterval = .seconds(100_000)
        configuration.retention = [rule]
        configuration.maximumSize = maximumSize
        (self.random, self.configuration, self.type, self.keepsHours) = (random, configuration, type, keepsHours)
        store = try Self.open(configuration, clock)
        try store.define(0..<2, type: type)
    }

    private static func open(_ configuration: Store.Configuration, _ clock: VirtualClock) throws -> Store {
        try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    mutating func reopen() throws {
        store.close()
        store = try Self.open(configuration, clock)
    }

    func key(_ slot: Int) -> KeyID { KeyID(rawValue: ids[slot]) }

    private var now: Int64 { clock.now.microseconds }

    /// A point each half hour, as it comes, and a round of merging at the day's end.
    func live(day: Int, keys: [Int32] = [0], from first: Int64 = 0) async throws {
        let begin = Self.begin + Int64(day) * Self.day
        for part in 0..<Int64(12) {
            var puts: [Put] = []
            for minute in stride(from: first % 30 + part * 120, to: part * 120 + 120, by: 30) where minute >= first {
                for key in keys {
                    var noise = SplitMix(seed: UInt64(minute) &* 31 &+ UInt64(day))
                    let number = Double.random(in: 0...100, using: &noise)
                    puts.append(.point(key, begin + minute * 60_000_000 + Int64(key), .number(number)))
                }
            }
            store.append(puts)
            clock.advance(by: Timestamp(microseconds: begin + (part + 1) * 2 * Self.hour) - clock.now)
            await store.sealed()
        }
        try await store.compacted()
    }

    func statistics(
        _ slot: Int, _ bounds: [Int64], percentiles: [Double] = []
    ) async throws -> StatisticsReport {
        var query = StatisticsQuery(
            key: key(slot), type: type, bounds: bounds.map { Timestamp(microseconds: $0) }, now: clock.now)
        query.percentiles = percentiles
        return try await store.statistics(query)
    }
}

// MARK: What happens

extension CoverageHouse {
    private mutating func value() -> Value? {
        if random.chance(5) { return nil }
        // Of all digits, so that blocks fill soon.
        return type == .boolean ? .boolean(random.chance(50)) : .number(.random(in: -50...50, using: &random))
    }

    /// Even microseconds for one key and odd ones for the other: of one time there is never more than one point.
    private mutating func time(in range: Range<Int64>, _ slot: Int) -> Int64 {
        Int64.random(in: range, using: &random) / 2 * 2 + Int64(slot)
    }

    /// - Returns: what was done.
    mutating func step() async throws -> String {
        let slot = random.chance(50) ? 0 : 1
        switch Int.random(in: 0..<16, using: &random) {
        case 0...4: return try await live()
        case 5...6: return try await late(slot)
        case 7...9: return try await insert(slot)
        case 10...12:
            try await store.compacted()
            return "compact"
        case 13...14:
            try reopen()
            return "reopen"
        default: return keepsHours == .max ? try await join() : "nothing"
        }
    }

    private mutating func live() async throws -> String {
        let hours = Int.random(in: 1...100, using: &random)
        for _ in 0..<hours {
            var puts: [Put] = []
            for slot in 0..<2 {
                let times = Set(
                    (0..<Int.random(in: 0...12, using: &random)).map { _ in
                        time(in: now..<(now + 2 * Self.hour), slot)
                    })
                for time in times.sorted() {
                    let value = value()
                    models[slot].points[time] = .some(value)
                    puts.append(.point(ids[slot], time, value))
                }
            }
            store.append(puts)
            clock.advance(by: .seconds(7200))
            if random.chance(90) { await store.sealed() }
        }
        // What is in memory for longer would count as late.
        await store.sealed()
        if random.chance(50) { try await store.compacted() }
        return "live \(hours * 2) h"
    }

    /// Some new points of one hour, some time ago.
    private mutating func old(_ slot: Int) -> [Point] {
        let age = Int64.random(in: 2...(random.chance(50) ? 40 : 40 * 24), using: &random) * Self.hour
        let begin = Tier.hour.start(of: now - age)
        var points: [Int64: Value?] = [:]
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let time = time(in: begin..<(begin + Self.hour), slot)
            if models[slot].points[time] == nil { points[time] = .some(value()) }
        }
        return points.sorted { $0.key < $1.key }.map { Point($0.key, $0.value, .backfill) }
    }

    private mutating func take(_ points: [Point], _ slot: Int) {
        for point in points { models[slot].points[point.time.microseconds] = .some(point.value) }
    }

    /// Takes those of some new points of one hour that are in it: all of them where its raw points are there, else those that no other can have
    /// been the same as.
    private mutating func takeNew(_ points: [Point], _ count: Int, _ slot: Int) {
        guard count > 0 else { return }
        let candidates =
            [points]
            + [Tier.fiveMinutes, .hour].map { tier in
                points.filter { point in
                    let time = point.time.microseconds
                    let start = tier.start(of: time)
                    let there = models[slot].points.keys.filter { start..<(start + tier.span) ~= $0 }
                    return there.isEmpty || time < there.min() ?? 0 || time > there.max() ?? 0
                }
            }
        guard let taken = candidates.first(where: { $0.count == count }) else {
            Issue.record("\(count) of \(points) are taken")
            return
        }
        take(taken, slot)
    }

    private mutating func late(_ slot: Int) async throws -> String {
        let points = old(slot)
        guard let first = points.first else { return "nothing" }
        let hour = Tier.hour.start(of: first.time.microseconds)
        let before = try await statistics(slot, [hour, hour + Self.hour]).windows[0].count
        store.append(points.map { .point(ids[slot], $0.time.microseconds, $0.value, isNewest: false) })
        if random.chance(50) { await store.sealed() }
        let after = try await statistics(slot, [hour, hour + Self.hour]).windows[0].count
        // All of them, or none, where the hour is summed up.
        #expect(after == before || after == before + points.count)
        if after > before { take(points, slot) }
        // They are in the file before the next round.
        await store.sealed()
        if after == before {
            try await store.compacted()
            let later = try await statistics(slot, [hour, hour + Self.hour]).windows[0]
            takeNew(points, later.count - before, slot)
        }
        return "late \(points.count) of \(slot), \((now - hour) / Self.hour) h, \(after > before)"
    }

    private mutating func insert(_ slot: Int) async throws -> String {
        let points = old(slot)
        let isMany = random.chance(50)
        func insert() async throws -> Store.Inserted {
            isMany ? try await store.inserted(points, into: key(slot)) : try await store.added(points, to: key(slot))
        }
        let first = try await insert()
        #expect(first.stored + first.leftOut == points.count)
        takeNew(points, first.stored, slot)
        if random.chance(30) { try await store.compacted() }
        if random.chance(30) { try reopen() }
        let again = try await insert()
        #expect(again.stored == 0 && again.known + again.leftOut == points.count)
        return "import \(points.count) into \(slot), \(first)"
    }

    /// One key becomes a part of the other one, and is deleted.
    private mutating func join() async throws -> String {
        for _ in 0..<Int.random(in: 1...2, using: &random) { try await store.copied(from: key(0), into: key(1)) }
        if random.chance(50) {
            try reopen()
            try await store.copied(from: key(0), into: key(1))
        }
        for (time, value) in models[0].points where models[1].points[time] == nil {
            models[1].points[time] = .some(value)
        }
        joined[1] = now
        let next = max(ids[0], ids[1]) + 1
        var batch = Batch()
        batch.deletedKeys = [key(0)]
        batch.keys = [try .fixture(next, type: type)]
        store.append(batch)
        (ids[0], models[0]) = (next, CoverageModel())
        return "merge"
    }
}

// MARK: What is known

extension CoverageHouse {
    mutating func compare(_ place: String) async throws {
        for slot in 0..<2 {
            let all = models[slot].timeline
            try await compareWindows(slot, all, place)
            try await compareFine(slot, all, place)
            try await comparePercentiles(slot, all, place)
        }
    }

    /// The oldest hour that is asked for: what retention dropped is not.
    private var oldest: Int64 {
        let kept = keepsHours == .max ? 45 * Self.day : min(45 * Self.day, keepsHours - Self.day)
        return Tier.hour.start(of: now - kept)
    }

    private mutating func compareWindows(
        _ slot: Int, _ all: CoverageModel.Timeline, _ place: String
    ) async throws {
        let step = ([1, 6, 24].randomElement(using: &random) ?? 1) * Self.hour
        let first = Int64.random(in: 0...20, using: &random) * Self.day + oldest
        let bounds = (0...40).map { first + Int64($0) * step }
        let windows = try await statistics(slot, bounds).windows
        for window in windows {
            let (from, before) = (window.start.microseconds, window.end.microseconds)
            let figures = CoverageModel.figures(all, from: from, before: before, now: now)
            let isExact = from >= joined[slot] && from - step > oldest
            guard !window.agrees(with: figures, type: type, isExact: isExact) else { continue }
            Issue.record("\(place), key \(slot), step \(step / Self.hour) h\n\(window)\n\(figures)")
            return
        }
        // The same range cut anywhere is as many points.
        let cuts = (0..<3).map { _ in Int64.random(in: bounds[0]..<bounds[40], using: &random) }
        let parts = try await statistics(slot, [bounds[0]] + Set(cuts).sorted() + [bounds[40]]).windows
        let count = windows.reduce(0) { $0 + $1.count }
        #expect(parts.reduce(0) { $0 + $1.count } == count, "\(place), key \(slot), cut")
    }

    private mutating func compareFine(
        _ slot: Int, _ all: CoverageModel.Timeline, _ place: String
    ) async throws {
        let first = oldest + Int64.random(in: 0...(44 * 24), using: &random) * Self.hour
        let report = try await statistics(slot, (0...24).map { first + Int64($0) * Self.hour / 12 })
        let whole = CoverageModel.figures(all, from: first, before: first + 2 * Self.hour, now: now)
        #expect(report.windows.reduce(0) { $0 + $1.count } == whole.count, "\(place), key \(slot), 5m")
        guard report.resolution == nil else { return }
        for window in report.windows {
            let (from, before) = (window.start.microseconds, window.end.microseconds)
            let figures = CoverageModel.figures(all, from: from, before: before, now: now)
            #expect(window.agrees(with: figures, type: type, isExact: false), "\(place), key \(slot), 5m")
        }
    }

    private mutating func comparePercentiles(
        _ slot: Int, _ all: CoverageModel.Timeline, _ place: String
    ) async throws {
        guard type == .numeric else { return }
        let first = oldest + Int64.random(in: 0...(44 * 24), using: &random) * Self.hour
        let report = try await statistics(slot, (0...12).map { first + Int64($0) * Self.hour }, percentiles: [50])
        for window in report.windows {
            let numbers = CoverageModel.numbers(
                all, from: window.start.microseconds, before: window.end.microseconds)
            #expect(window.numbersAre(numbers.count, of: all), "\(place), key \(slot), percentiles")
            guard let median = window.percentiles.first ?? nil else { continue }
            #expect(Percentile.of(numbers.sorted(), 50) == median, "\(place), key \(slot), percentiles")
        }
    }
}

extension WindowStatistics {
    fileprivate func numbersAre(_ count: Int, of all: CoverageModel.Timeline) -> Bool {
        count == 0 ? mean == nil : mean != nil
    }
}
