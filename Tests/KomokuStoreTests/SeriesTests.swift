import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// Points and windows as numbers, against the points themselves.
struct SeriesTests {
    private static let key = KeyID(rawValue: 0)

    private static func type(of history: RandomHistory) -> KeyType {
        switch history {
        case .gauge, .mixed: .numeric
        case .counter: .counter
        case .boolean: .boolean
        case .text: .string
        }
    }

    private static func number(_ value: Value?) -> Double? {
        switch value {
        case .number(let number): number
        case .boolean(let boolean): boolean ? 1 : 0
        case .string(let text): text == "on" ? 1 : 0
        case nil: nil
        }
    }

    @Test(arguments: [RandomHistory.gauge, .counter, .boolean, .text], 0..<UInt64(4))
    func `they are what the points say, wherever these are kept`(history: RandomHistory, seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let store = try Store.open(.memory)
        defer { store.close() }
        try store.define(0..<1, type: Self.type(of: history))
        var points = history.points(700, gaps: 8, &random)
        // Some of them at the very start of a bucket.
        for index in points.indices where random.chance(10) {
            let start = points[index].time.microseconds / 300_000_000 * 300_000_000
            if index == 0 || start > points[index - 1].time.microseconds {
                points[index] = Point(start, points[index].value)
            }
        }
        let isMerged = seed % 4 > 0
        // In blocks, in fresh rows, in the head.
        for part in [0..<400, 400..<550, 550..<700] {
            store.append(points[part].map { .point(0, $0.time.microseconds, $0.value) })
            await store.committed()
            if part.lowerBound == 0, isMerged { _ = try await store.compacted() }
            if part.lowerBound == 400 { await store.sealed() }
        }
        let reading: SampleReading = history == .text ? .text("on") : .number
        for _ in 0..<6 {
            let low = points[Int.random(in: 0..<600, using: &random)].time.microseconds
            let high = low + Int64.random(in: 0...20_000_000_000, using: &random)
            let found = try store.numberedPoints(of: Self.key, as: reading, from: low, through: high, limit: 10_000)
            Self.compare(try #require(found), points, low...high)
            let hasWindows = try Self.compareWindows(of: store, reading, points, near: low, &random)
            #expect(hasWindows == isMerged)
        }
    }

    private static func compare(_ found: NumberedPoints, _ points: [Point], _ range: ClosedRange<Int64>) {
        let inside = points.filter { range.contains($0.time.microseconds) }
        #expect(found.times == inside.map(\.time.microseconds))
        #expect(found.values.map { $0.isNaN ? nil : $0 } == inside.map { number($0.value) })
        let before = points.last { $0.time.microseconds < range.lowerBound }
        #expect(found.before?.time == before?.time.microseconds && found.before?.value == number(before?.value))
    }

    private static func compareWindows(
        of store: Store, _ reading: SampleReading, _ points: [Point], near low: Int64, _ random: inout SplitMix
    ) throws -> Bool {
        let width = 300_000_000 * Int64([1, 2, 3, 12, 24].randomElement(using: &random) ?? 1)
        let from = low / 300_000_000 * 300_000_000
        let found = try store.numberedWindows(of: key, as: reading, from: from, width: width, count: 20)
        guard let found else { return false }
        for (index, window) in found.windows.enumerated() {
            let start = from + Int64(index) * width
            let inside = points.filter { start..<start + width ~= $0.time.microseconds }
            #expect(window.count == inside.count)
            guard let first = inside.first, let last = inside.last else { continue }
            #expect(window.first == NumberedPoint(time: first.time.microseconds, value: number(first.value)))
            #expect(window.last == NumberedPoint(time: last.time.microseconds, value: number(last.value)))
            let numbers = inside.compactMap { $0.value?.number }
            guard numbers.count > 0, window.numbers > 0 else { continue }
            #expect(window.numbers == numbers.count)
            #expect(window.minimum == numbers.min() && window.maximum == numbers.max())
            #expect(isNear(window.sum, numbers.reduce(0, +), scale: 1000))
            #expect(isNear(window.mean, numbers.reduce(0, +) / Double(numbers.count), scale: 1000))
        }
        return true
    }

    @Test func `more points than are wanted are none`() throws {
        let store = try Store.open(.memory)
        defer { store.close() }
        try store.define(0..<1)
        store.append((1...10).map { .point(0, $0 * 1_000_000, .number(1)) })
        #expect(
            try store.numberedPoints(of: Self.key, as: .number, from: 0, through: .max, limit: 10)?.times.count == 10)
        #expect(try store.numberedPoints(of: Self.key, as: .number, from: 0, through: .max, limit: 9)?.times == nil)
        #expect(
            try store.numberedPoints(of: KeyID(rawValue: 7), as: .number, from: 0, through: 5, limit: 9)?.times == [])
        #expect(
            try store.numberedWindows(of: Self.key, as: .number, from: 0, width: 300_000_000, count: 3)?.windows.count
                == nil)
    }
}
