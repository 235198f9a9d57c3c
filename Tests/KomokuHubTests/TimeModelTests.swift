import Komoku
import KomokuHub
import KomokuTesting
import Testing

/// A key as it should be, whatever its times are and whatever the clock does, in a few lines.
private struct ForecastModel {
    var points: [Int64: Double] = [:]
    /// Times that have counted already.
    var taken: Set<Int64> = []

    var last: Double? { taken.max().flatMap { points[$0] } }

    mutating func put(_ value: Double, at time: Int64, now: Int64) {
        points[time] = value
        if time <= now + TimeModelTests.tolerance { taken.insert(time) } else { taken.remove(time) }
    }

    /// - Parameter isJump: the clock was set.
    mutating func look(at now: Int64) {
        if let newest = taken.max(), newest > now + TimeModelTests.tolerance {
            taken = Set(points.keys.filter { $0 <= now })
        }
        taken.formUnion(points.keys.filter { $0 <= now })
    }
}

/// A key that only the hub dates.
private struct DatedModel {
    var points: [Int64: Double] = [:]
    var value = 0.0
    var time = Int64.min
    var assigned = Int64.min
    /// When it was put, on the monotonic clock.
    var tick: Int64 = 0
    var misdated: Set<Int64> = []

    mutating func put(_ value: Double, now: Int64, tick: Int64) {
        time = max(now, assigned == .min ? .min : assigned + 1, time <= now && time != .min ? time + 1 : .min)
        (self.value, assigned) = (value, time)
        self.tick = tick + min(0, time - now)
        points[time] = value
    }

    mutating func look(at now: Int64, tick now2: Int64) {
        let limit = now + TimeModelTests.tolerance
        guard assigned != .min, assigned > limit else { return }
        misdated.formUnion(points.keys.filter { $0 > limit && $0 <= assigned })
        if time > limit { time = min(now, now - (now2 - tick)) }
        assigned = min(time, limit)
    }

    mutating func restart(at now: Int64, tick now2: Int64) {
        guard time != .min else { return }
        tick = now2 + min(0, time - now)
        assigned = time
        look(at: now, tick: now2)
    }
}

/// The hub against a model: puts now, late and ahead, a clock that is set forward and back, restarts, seals and merges.
@Suite struct TimeModelTests {
    static let tolerance: Int64 = 300_000_000
    private static let second: Int64 = 1_000_000

    @Test(arguments: 1...16)
    func `a key of forecasts has the value whose time came last`(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed))
        let house = try House()
        defer { house.end() }
        try await house.test.define("f", "numeric", [JSON.Member("same_value_resolution", 0)])
        var model = ForecastModel()
        for step in 0..<120 {
            let now = house.clock.now.microseconds
            switch Int.random(in: 0..<12, using: &random) {
            case 0...5:
                let ahead: [ClosedRange<Int64>] = [-4000...0, 0...300, 301...4000, 301...40_000]
                let chosen = ahead[Int.random(in: 0..<4, using: &random)]
                let time = now + Int64.random(in: chosen, using: &random) * Self.second
                try await house.test.put("f", .number(Double(step)), at: Double(time) / 1e6)
                model.put(Double(step), at: time, now: now)
            case 6, 7: house.clock.advance(by: .seconds(Int64.random(in: 0...3000, using: &random)))
            case 8: house.clock.jump(by: .seconds(Int64.random(in: -8000...8000, using: &random)))
            case 9: await house.compact()
            default:
                if Bool.random(using: &random) {
                    house.clock.jump(by: .seconds(Int64.random(in: -4000...4000, using: &random)))
                }
                try await house.restart(seals: Bool.random(using: &random))
            }
            await house.test.hub.tick()
            model.look(at: house.clock.now.microseconds)
            #expect(try await house.test.last("f")?.number == model.last, "seed \(seed) step \(step)")
        }
        let points = model.points.sorted { $0.key < $1.key }
        let wanted = points.map { "\(DecimalNumber.text(Double($0.key) / 1e6)):\(DecimalNumber.text($0.value))" }
        #expect(try await house.test.points("f") == wanted, "seed \(seed)")
    }

    @Test(arguments: 1...16)
    func `what comes now is the newest, whatever the clock was`(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed) + 1000)
        let house = try House()
        defer { house.end() }
        let name = try house.test.name("h")
        try await house.test.define("h", "numeric", [JSON.Member("same_value_resolution", 0)])
        var model = DatedModel()
        for step in 1...120 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0...4:
                try await house.test.put("h", .number(Double(step)))
                model.put(Double(step), now: house.clock.now.microseconds, tick: house.clock.monotonic)
            case 5 where model.time != .min:
                let time = model.time - Int64.random(in: 1...4000, using: &random) * Self.second
                try await house.test.put("h", -1, at: Double(time) / 1e6)
                model.points[time] = -1
            case 6, 7: house.clock.advance(by: .seconds(Int64.random(in: 0...3000, using: &random)))
            case 8, 9: house.clock.jump(by: .seconds(Int64.random(in: -8000...8000, using: &random)))
            case 10: await house.compact()
            default:
                try await house.settle { [wanted = model.misdated.count] in await $0.misdatedCount == wanted }
                try await house.restart(seals: Bool.random(using: &random))
                model.restart(at: house.clock.now.microseconds, tick: house.clock.monotonic)
            }
            await house.test.hub.tick()
            model.look(at: house.clock.now.microseconds, tick: house.clock.monotonic)
            guard model.time != .min else { continue }
            let last = await house.test.hub.last(name)
            #expect(last?.value == .number(model.value), "seed \(seed) step \(step)")
            #expect(last?.time.microseconds == model.time, "seed \(seed) step \(step)")
            let age = await house.test.hub.age(of: name)
            #expect(
                age == Duration(microseconds: max(0, house.clock.monotonic - model.tick)), "seed \(seed) step \(step)")
        }
        let count = model.points.count
        #expect(try await house.test.points("h").count == count, "seed \(seed)")
        try await house.settle { [wanted = model.misdated.count] in await $0.misdatedCount == wanted }
    }

    @Test(arguments: 1...8)
    func `an uptime key falls when it was silent for so long, whatever the clock was`(seed: Int) async throws {
        var random = SplitMix(seed: UInt64(seed) + 2000)
        let house = try House()
        defer { house.end() }
        let name = try house.test.name("u")
        try await house.test.define("u", "uptime", [JSON.Member("max_time", 600)])
        var heard: Int64?
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...3:
                try await house.test.put("u", true)
                heard = house.clock.monotonic
            case 4...6: house.clock.advance(by: .seconds(Int64.random(in: 0...400, using: &random)))
            case 7: house.clock.jump(by: .seconds(Int64.random(in: -8000...8000, using: &random)))
            case 8: try await house.test.put("u", true, at: house.clock.now.seconds + 100_000_000)
            default:
                let last = await house.test.hub.last(name)
                try await house.restart(seals: Bool.random(using: &random))
                // Only over a restart the wall clock has to be trusted.
                if heard != nil, let last {
                    heard = house.clock.monotonic + min(0, (last.time - house.clock.now).microseconds)
                }
            }
            await house.test.hub.tick()
            if let since = heard, house.clock.monotonic - since >= 600 * Self.second { heard = nil }
            let isUp = try await house.test.last("u") == .boolean(true)
            #expect(isUp == (heard != nil), "seed \(seed) step \(step)")
        }
    }
}
