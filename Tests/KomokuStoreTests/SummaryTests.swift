import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct SummaryTests {
    static func summary(_ points: some Collection<Point>, isCounter: Bool = false) -> Summary {
        var summary = Summary()
        summary.add(PointColumns(Array(points)), 0..<points.count, isCounter: isCounter)
        return summary
    }

    /// What is exact as it is, the sums apart.
    static func isSame(_ left: Summary, _ right: Summary, scale: Double) -> Bool {
        guard isNear(left.sum, right.sum, scale: scale), isNear(left.squares, right.squares, scale: scale * scale),
            isNear(left.integral, right.integral, scale: scale * 1000),
            isNear(left.counter?.increase ?? 0, right.counter?.increase ?? 0, scale: scale)
        else { return false }
        var (left, right) = (left, right)
        for field in [\Summary.sum, \.squares, \.integral] {
            left[keyPath: field] = 0
            right[keyPath: field] = 0
        }
        left.counter?.increase = 0
        right.counter?.increase = 0
        return left == right
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
                part.add(columns, index..<end, isCounter: history == .counter)
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
        #expect(isNear(summary.squares, numbers.reduce(0) { $0 + $1 * $1 }))
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
        #expect(states?.times == [StateTimes.State(text: "a", time: 2)])
        #expect(states?.others == 7)
    }

    @Test func timesAtTheEndsOfTheRangeDoNotTrap() {
        let points = [Point(.min, .number(1)), Point(0, .boolean(true)), Point(.max, .number(2))]
        #expect(Self.summary(points).known == .max)
        #expect(Self.summary([points[0], points[2]]).known == .max)
    }

    @Test(arguments: RandomHistory.allCases, 0..<UInt64(20))
    func whatIsEncodedIsDecoded(history: RandomHistory, seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let points = history.points(Int.random(in: 1...30, using: &random), &random)
        let summary = Self.summary(points, isCounter: history == .counter)
        #expect(try Summary(decoding: summary.encode()) == summary)
    }

    @Test func anEmptySummaryIsEncoded() throws {
        #expect(try Summary(decoding: Summary().encode()) == Summary())
    }

    @Test func theFirstVersionIsRead() throws {
        // Four points: 1.5, a gap, 2.5 and 1.5 at seconds 0, 1, 2 and 4.
        var writer = ByteWriter()
        for byte in [1, 4, 1, 3, 3] as [UInt8] { writer.byte(byte) }
        for number in [1.5, 2.5, 5.5, 6.5] { writer.fixed64(number.bitPattern) }
        writer.varint(3_000_000)
        writer.varint(0)
        for byte in [6, 30, 6, 30] as [UInt8] { writer.byte(byte) }
        let summary = try Summary(decoding: writer.sealed(), firstTime: 0, lastTime: 4_000_000)
        #expect(summary.isPartial)
        #expect(summary.count == 4 && summary.gaps == 1 && summary.numbers == 3 && summary.edges == 3)
        #expect(summary.minimum == 1.5 && summary.maximum == 2.5 && summary.sum == 5.5 && summary.integral == 6.5)
        #expect(summary.known == 3_000_000 && summary.lastTime == 4_000_000)
        #expect(summary.first == .number(1.5) && summary.last == .number(1.5))
        #expect(try Summary(decoding: summary.encode()) == summary)
    }

    @Test(arguments: 0..<UInt64(8))
    func noBytesTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let history = RandomHistory.allCases[Int(seed) % RandomHistory.allCases.count]
        let valid = Self.summary(history.points(20, &random), isCounter: history == .counter).encode()
        for _ in 0..<2000 {
            var bytes = Array(valid.dropLast(4))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
            }
            if random.chance(20) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            var writer = ByteWriter()
            for byte in bytes { writer.byte(byte) }
            // With a right checksum, so that what is behind it is reached.
            guard var summary = try? Summary(decoding: writer.sealed()) else { continue }
            let copy = summary
            summary.add(copy)
            _ = summary.counter?.total
            _ = summary.encode()
        }
    }
}

extension Summary {
    fileprivate func adding(_ later: Summary) -> Summary {
        var sum = self
        sum.add(later)
        return sum
    }
}
