import KomokuPrometheus
import KomokuTesting
import Testing

/// What is made of buckets is what is made of samples.
struct BucketsTests {
    private static func house(_ source: inout FuzzSource) -> StoredSeries {
        var house = StoredSeries()
        for number in 0..<3 {
            var (time, samples) = (Double(source.below(5000)), [(time: Double, value: Double?)]())
            while time < 30_000 {
                let value = source.chance(20) ? nil : Double(source.below(200)) / 4
                samples.append((time, value))
                // Often on the very bounds of buckets.
                time = source.chance(4) ? (time / 300).rounded(.down) * 300 + 300 : time + Double(source.below(900) + 1)
                if source.chance(40) { time += 5000 }
            }
            house.add([("key", "k\(number)")], samples)
        }
        return house
    }

    @Test func `over seeds`() throws {
        try Fuzz.run("buckets", seeds: 60) { source in
            var house = Self.house(&source)
            let figure = source.pick(["avg", "min", "max", "sum", "count", "last", "present", "stddev", "stdvar"])
            let range = 300 * (1 + source.below(12))
            let step = 300.0 * Double(1 + source.below(8))
            let text = source.pick([
                "\(figure)_over_time(komoku_value[\(range)s])", "komoku_value", "komoku_value offset 10m",
            ])
            let start = 300.0 * Double(source.below(40))
            let plain = try Query(text).evaluate(
                over: QuerySteps(start: Int64(start) * 1_000_000, end: 33_000_000_000, step: Int64(step) * 1_000_000),
                from: house)
            house.hasBuckets = true
            let packed = try Query(text).evaluate(
                over: QuerySteps(start: Int64(start) * 1_000_000, end: 33_000_000_000, step: Int64(step) * 1_000_000),
                from: house)
            #expect(plain.isNear(packed), "\(text) from \(start) by \(step)")
        }
    }
}

extension QueryResult {
    /// Whether two matrices say the same, but for rounding.
    func isNear(_ other: QueryResult) -> Bool {
        guard case .matrix(let some, _) = self, case .matrix(let others, _) = other, some.count == others.count else {
            return false
        }
        return zip(some, others).allSatisfy { a, b in
            a.labels == b.labels
                && zip(a.values, b.values).allSatisfy { x, y in
                    x.isAbsent == y.isAbsent && (x.isAbsent || (x - y).magnitude <= 1e-9 * max(1, x.magnitude))
                }
        }
    }
}
