import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct SummaryTests {
    static func summary(_ points: some Collection<Point>, isCounter: Bool = false) -> Summary {
        var summary = Summary()
        summary.add(PointColumns(Array(points)), 0..<points.count, counter: isCounter ? CounterRules() : nil)
        return summary
    }

    /// What is exact as it is, the sums apart.
    static func isSame(_ left: Summary, _ right: Summary, scale: Double) -> Bool {
        guard isNear(left.sum, right.sum, scale: scale), isNear(left.moment, right.moment, scale: scale * scale),
            isNear(left.mean, right.mean, scale: scale),
            isNear(left.integral, right.integral, scale: scale * 1000), isSame(left.counter, right.counter, scale)
        else { return false }
        var (left, right) = (left, right)
        for field in [\Summary.sum, \.mean, \.moment, \.integral] {
            left[keyPath: field] = 0
            right[keyPath: field] = 0
        }
        (left.counter, right.counter) = (nil, nil)
        return left == right
    }

    static func isSame(_ left: CounterSummary?, _ right: CounterSummary?, _ scale: Double) -> Bool {
        guard let left, let right else { return left == nil && right == nil }
        let (tally, other) = (left.total, right.total)
        return left.head == right.head && left.tail == right.tail && tally.resets == other.resets
            && tally.glitches == other.glitches && isNear(tally.increase, other.increase, scale: scale)
    }

    @Test(arguments: RandomHistory.allCases, 0..<UInt64(40))
    func anySplitGivesTheSame(history: RandomHistory, seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = history.points(Int.random(in: 1...60, using: &random), gaps: Int(seed % 3) * 15, &random)
        let columns = PointColumns(points)
        let whole = Self.summary(points, isCounter: history == .counter)
        #expect(whole.count == points.count)
        for _ in 0..<20 {
            var sum = Summary()
            var pending: [Summary] = []
            var index = 0
            while index < points.count {
                let end = min(points.count, index + Int.random(in: 1...9, using: &random))
                var part = Summary()
                part.add(columns, index..<end, counter: history == .counter ? CounterRules() : nil)
                pending.append(part)
                // Adding right to left has to give the same as left to right.
                if random.chance(40) {
                    sum.add(pending.reversed().reduce(Summary()) { later, part in part.adding(later) })
                    pending = []
                }
                index = end
            }
            for part in pending { sum.add(part) }
            #expect(Self.isSame(sum, whole, scale: 1e6), "seed \(seed)")
        }
    }

    @Test(arguments: RandomHistory.allCases, 0..<UInt64(20))
    func itIsWhatAWalkOverThePointsGives(history: RandomHistory, seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = history.points(50, gaps: Int(seed % 2) * 20, &random)
        let summary = Self.summary(points)
        let holds = zip(points, points.dropFirst()).map {
            (point: $0, next: $1, time: ($1.time - $0.time).microseconds)
        }
        let numbers = points.compactMap { $0.value?.number }
        #expect(summary.gaps == points.count { $0.value == nil })
        #expect(summary.first == points[0].value)
        #expect(summary.last == points[points.count - 1].value)
        #expect(summary.known == holds.reduce(0) { $1.point.value == nil ? $0 : $0 + $1.time })
        #expect(summary.trueTime == holds.reduce(0) { $1.point.value == .boolean(true) ? $0 + $1.time : $0 })
        #expect(
            summary.edges
                == holds.count { $0.point.value != nil && $0.next.value != nil && $0.point.value != $0.next.value })
        #expect(summary.numbers == numbers.count)
        #expect(summary.numbers == 0 || summary.minimum == numbers.min())
        #expect(summary.numbers == 0 || summary.maximum == numbers.max())
        #expect(isNear(summary.sum, numbers.reduce(0, +), scale: 1e4))
        let mean = numbers.reduce(0, +) / Double(max(1, numbers.count))
        #expect(isNear(summary.moment, numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }))
        let integral = holds.reduce(0.0) { $0 + ($1.point.value?.number ?? 0) * Double($1.time) / 1e6 }
        #expect(isNear(summary.integral, integral, scale: 1e6))
        for state in summary.states?.times ?? [] {
            let time = holds.reduce(0) { $1.point.value == .string(state.text) ? $0 + $1.time : $0 }
            #expect(state.time == time)
        }
    }

    @Test func aDeviationOfEqualNumbersIsZero() {
        let points = (0..<1000).map { Point(Int64($0), .number(0.1)) }
        #expect(Self.summary(points).deviation == 0)
        #expect(Self.summary([Point(0, .number(2)), Point(1, .number(4))]).deviation == 1)
    }

    @Test func ofMoreTextsThanFitOnlyTheTotalIsKept() {
        let points = (0..<100).map { Point(Int64($0) * 1_000_000, .string("state \($0 % 50)")) }
        let states = Self.summary(points).states ?? StateTimes()
        #expect(states.times.count == StateTimes.limit)
        #expect(states.times.reduce(states.others) { $0 + $1.time } == 99_000_000)
    }

    @Test func textsThatAreTooLongAreNoStates() {
        let long = Value.string(String(repeating: "x", count: 1000))
        let states = Self.summary([Point(0, long), Point(7, .string("a")), Point(9, nil)]).states
        #expect(states?.times == [StateTimes.State(text: "a", time: 2, count: 1)])
        #expect(states?.others == 7)
    }

    @Test func timesAtTheEndsOfTheRangeDoNotTrap() {
        let points = [Point(.min, .number(1)), Point(0, .boolean(true)), Point(.max, .number(2))]
        #expect(Self.summary(points).known == .max)
        #expect(Self.summary([points[0], points[2]]).known == .max)
    }
}

extension Summary {
    fileprivate func adding(_ later: Summary) -> Summary {
        var sum = self
        sum.add(later)
        return sum
    }
}
