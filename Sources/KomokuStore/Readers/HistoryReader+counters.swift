import Komoku

/// What decides the steps at the ends of a range may lie outside of it.
extension HistoryReader {
    func reading(as query: StatisticsQuery) -> HistoryReader {
        var reader = self
        reader.rules = query.type == .counter ? query.rules : nil
        return reader
    }

    /// It is looked so far behind and ahead, in microseconds, until there is enough: hours for a meter that counts, days for one that stands.
    private static let distances: [Int64] = [6, 48, 16 * 24, 128 * 24].map { $0 * 3_600_000_000 }

    /// What a counter read before a time, as far back as it matters.
    func counter(before time: Int64) throws -> CounterSummary {
        var sum = CounterSummary(rules: rules)
        for distance in Self.distances {
            let (begin, overflow) = time.subtractingReportingOverflow(distance)
            if overflow { break }
            sum = CounterSummary(rules: rules)
            var isCut = false
            let from = Tier.hour.start(of: begin)
            _ = try read(from: from, before: time, tier: tier(for: [from, time])) { piece in
                if case .replacement = piece { (sum, isCut) = (CounterSummary(rules: rules), true) }
                if let part = part(of: piece) { sum = sum + part }
            }
            if sum.isSettled || isCut { break }
            if try oldest() ?? .max >= from { break }
        }
        return sum
    }

    /// What comes after the last window, until it changes nothing in the windows.
    func look(ahead time: Int64, now: Int64, _ accumulator: inout WindowAccumulator) throws {
        var from = time
        for distance in Self.distances where accumulator.isOpen && from <= now {
            let before = min(time.clampedSum(distance), now.clampedSum(1))
            guard from < before else { return }
            _ = try read(from: from, before: before, tier: tier(for: [from, before])) { accumulator.add($0) }
            from = before
        }
    }

    private func part(of piece: HistoryPiece) -> CounterSummary? {
        switch piece {
        case .points(let columns, let range): CounterSummary(columns, range, rules ?? CounterRules())
        case .summary(let summary): summary.counter
        case .buckets, .replacement: nil
        }
    }
}
