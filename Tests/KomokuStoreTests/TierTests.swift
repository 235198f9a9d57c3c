import Komoku
import KomokuTesting
import Logging
import Testing

@testable import KomokuStore

/// Statistics from the tiers beside those from the points.
@Suite struct TierTests {
    private let key = KeyID(rawValue: 0)
    private static let start: Int64 = 1_700_006_400_000_000
    private static let hour: Int64 = 3_600_000_000

    private func value(_ type: KeyType, _ random: inout SplitMix, _ level: inout Int) -> Value? {
        if random.chance(3) { return nil }
        switch type {
        case .numeric: return .number(Double(Int.random(in: -500...3000, using: &random)) / 100)
        case .counter:
            level = random.chance(3) ? 0 : level + Int.random(in: 0...40, using: &random)
            return .number(Double(level) / 1000)
        case .boolean, .uptime: return .boolean(random.chance(50))
        case .string: return .string(["off", "on", "armed", "waiting"].randomElement(using: &random) ?? "")
        }
    }

    @Test(arguments: [KeyType.numeric, .counter, .boolean, .string], 0..<UInt64(3))
    func whatTheTiersSayIsWhatThePointsSay(type: KeyType, seed: UInt64) async throws {
        var random = SplitMix(seed: seed &* 977 &+ 5)
        let store = try Folder().open()
        try store.define(0..<1, type: type)
        var (clock, level) = (Self.start, 0)
        var times: [Int64] = []
        for round in 0..<10 {
            var puts: [Put] = []
            for _ in 0..<Int.random(in: 1...120, using: &random) {
                clock += random.chance(2) ? Int64.random(in: 0...(5 * Self.hour), using: &random) : 30_000_000
                puts.append(.point(0, clock, value(type, &random, &level)))
                times.append(clock)
                if random.chance(4), let old = times.randomElement(using: &random) {
                    let time = old + Int64.random(in: -40_000_000...40_000_000, using: &random)
                    if time < clock { puts.append(.point(0, time, value(type, &random, &level), isNewest: false)) }
                }
            }
            store.append(puts)
            if round % 3 == 0 { await store.sealed() }
            if round % 5 == 0 { try await store.compacted() }
            if round % 4 == 0 { try await compare(store, type, end: clock, "seed \(seed) round \(round)") }
        }
        try await store.compacted()
        try await compare(store, type, end: clock, "seed \(seed) at the end")
    }

    private func compare(_ store: Store, _ type: KeyType, end: Int64, _ place: String) async throws {
        for step in [Self.hour, Self.hour / 12, Self.hour / 4] {
            let first = Tier.hour.start(of: end - 60 * step) + 123_456
            var bounds = [first]
            while let last = bounds.last, last < end { bounds.append(last - last % step + step) }
            var query = StatisticsQuery(
                key: key, type: type, bounds: bounds.map { Timestamp(microseconds: $0) },
                now: Timestamp(microseconds: end + Self.hour / 7))
            let quick = try await store.statistics(query)
            // Percentiles need points, so all is computed from these.
            query.percentiles = [50]
            let slow = try await store.statistics(query)
            #expect(quick.rawSince == nil)
            #expect(quick.windows.count == slow.windows.count)
            for (quick, slow) in zip(quick.windows, slow.windows) {
                guard !Self.agree(quick, slow) else { continue }
                Issue.record("\(place), step \(step / 1_000_000) s:\n\(quick)\n\(slow)")
                return
            }
        }
    }

    private static func agree(_ quick: WindowStatistics, _ slow: WindowStatistics) -> Bool {
        var (left, right) = (quick, slow)
        let doubles: [WritableKeyPath<WindowStatistics, Double?>] = [
            \.minimum, \.maximum, \.mean, \.timeMean, \.sum, \.integral, \.deviation, \.delta, \.rate, \.increase,
            \.fraction,
        ]
        for path in doubles {
            switch (left[keyPath: path], right[keyPath: path]) {
            case (nil, nil): break
            case (let a?, let b?) where (a - b).magnitude <= 1e-6 * max(1, a.magnitude): break
            default: return false
            }
            left[keyPath: path] = nil
            right[keyPath: path] = nil
        }
        (left.percentiles, right.percentiles) = ([], [])
        return left == right
    }

    @Test func whatRetentionDropsIsLeftInTheTiers() async throws {
        let folder = try Folder()
        let clock = VirtualClock(seconds: Double(Self.start / 1_000_000))
        var configuration = Store.Configuration(location: .file(folder.database))
        configuration.durability = .normal
        configuration.retention = [
            Store.RetentionRule(keys: [.all], raw: .seconds(10 * 86_400), fiveMinutes: .seconds(40 * 86_400))
        ]
        let store = try Store(
            configuration, clock: { clock.now }, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try store.define(0..<1)
        var sums: [Int64: Double] = [:]
        for day in 0..<60 {
            let begin = Self.start + Int64(day) * 24 * Self.hour
            var puts: [Put] = []
            for minute in 0..<Int64(1440) {
                let number = Double((minute * 7 + Int64(day)) % 100) / 10
                puts.append(.point(0, begin + minute * 60_000_000, .number(number)))
                sums[Tier.hour.start(of: begin + minute * 60_000_000), default: 0] += number
            }
            store.append(puts)
            clock.advance(by: .seconds(86_400))
            try await store.compacted()
        }
        let bounds = (0...(60 * 24)).map { Timestamp(microseconds: Self.start + Int64($0) * Self.hour) }
        let report = try await store.statistics(
            StatisticsQuery(key: key, type: .numeric, bounds: bounds, now: clock.now))
        for window in report.windows {
            #expect(window.count == 60)
            #expect(window.known.seconds == 3600)
            #expect(((window.sum ?? 0) - (sums[window.start.microseconds] ?? 0)).magnitude < 1e-9)
        }
        let raw = try await store.points(of: key)
        let span = clock.now - (raw.first?.time ?? .distantPast)
        #expect(span.seconds > 10 * 86_400 - 60 && span.seconds < 45 * 86_400)
        #expect(report.rawSince.map { $0 <= raw[0].time } == true)
        #expect(store.statistics.expiredPoints > 0)
        #expect(store.statistics.points == raw.count)
        store.close()
    }
}
