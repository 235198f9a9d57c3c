/// Which readings are wrong: up to `limit` in a row that lie far off, with right ones before and behind.
///
/// Each is judged by readings at most `reach` away, so that any part of a history gives the same as the whole, once the readings around
/// its ends are known.
extension CounterReading {
    /// So many wrong readings in a row are told from right ones.
    static let limit = 5
    /// How many readings at an end have to be known for that.
    static let reach = limit + 1

    /// Marks what is wrong among readings without a hole between them.
    ///
    /// - Parameter isEnd: nothing comes behind them.
    static func mark(_ readings: inout [CounterReading], isEnd: Bool = false) {
        for index in readings.indices.dropLast() where readings[index + 1].value < readings[index].value {
            markAround(&readings, drop: index)
            markFlicker(&readings, index, isEnd: isEnd)
        }
    }

    /// All pairs of readings around a drop that may be right, with wrong ones between: there is no wrong one without a drop.
    private static func markAround(_ readings: inout [CounterReading], drop: Int) {
        for before in max(0, drop - limit)...drop {
            let from = readings[before].value
            var (bottom, top) = (Double.infinity, -Double.infinity)
            for after in (before + 1)..<min(readings.count, before + reach + 1) {
                let to = readings[after].value
                if after > drop, after > before + 1, let gap = CounterGap(from, bottom, top, to) {
                    mark(&readings, (before + 1)..<after, gap)
                }
                (bottom, top) = (min(bottom, to), max(top, to))
            }
        }
    }

    /// Nothing, where one of the readings is not far enough off.
    private static func mark(_ readings: inout [CounterReading], _ range: Range<Int>, _ gap: CounterGap) {
        for index in range where !gap.isWrong(readings[index].value) { return }
        for index in range { readings[index].isWrong = true }
    }

    /// A lone small spike: it would be right if the counter were there again soon.
    private static func markFlicker(_ readings: inout [CounterReading], _ index: Int, isEnd: Bool) {
        guard index > 0, isEnd || index + limit < readings.count else { return }
        let top = readings[index].value
        guard CounterGap.returns(readings[index - 1].value, top, readings[index + 1].value) else { return }
        let later = readings[(index + 1)..<min(readings.count, index + limit + 1)]
        if later.allSatisfy({ $0.value < top }) { readings[index].isWrong = true }
    }
}

/// Two readings that may be right, and how far those between may be from them.
private struct CounterGap {
    /// Below this one a reading is of a dip, above that one of a spike.
    private let low: Double
    private let high: Double

    /// Nil where nothing between is wrong.
    init?(_ from: Double, _ bottom: Double, _ top: Double, _ to: Double) {
        let (depth, height) = (from - bottom, top - to)
        let isDip = depth > 0 && to >= from - depth / 10
        let isSpike = Self.returns(from, top, to) && height >= to / 10
        guard isDip || isSpike else { return nil }
        low = isDip ? from - depth * 2 / 3 : -.infinity
        high = isSpike ? to + height * 2 / 3 : .infinity
    }

    func isWrong(_ value: Double) -> Bool { value < low || value > high }

    /// From 0 nothing can be told: a counter that is stepped and put back looks like that.
    static func returns(_ from: Double, _ top: Double, _ to: Double) -> Bool {
        from > 0 && top > from && to > from - from / 10 && top > to && top - to >= 10 * (to - from)
    }
}
