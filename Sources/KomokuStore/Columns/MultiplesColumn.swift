/// Numbers as multiples of their greatest common divisor, counted from the first number: times in whole milliseconds have one of
/// 1,000 µs.
struct MultiplesColumn {
    private(set) var divisor: UInt64
    /// Each number is the first one and so many divisors, wrapping around.
    private(set) var counts: [Int64]

    /// So many numbers mostly have the greatest divisor of all.
    private static let probe = 32

    init(_ numbers: [Int64]) {
        let first = numbers.first ?? 0
        counts = numbers.map { $0 &- first }
        divisor = 1
        if divide(by: Self.greatestDivisor(of: counts.prefix(Self.probe))) { return }
        _ = divide(by: Self.greatestDivisor(of: counts[...]))
    }

    /// - Returns: whether that is all there is to do.
    private mutating func divide(by divisor: UInt64) -> Bool {
        if divisor == 1 { return true }
        // 2^63 is no positive number.
        guard divisor > 1, divisor < 1 << 63, let quotients = Self.divided(counts, by: Int64(divisor)) else {
            return false
        }
        (counts, self.divisor) = (quotients, divisor)
        return true
    }

    private static func greatestDivisor(of numbers: ArraySlice<Int64>) -> UInt64 {
        var divisor: UInt64 = 0
        for number in numbers where divisor != 1 {
            var (a, b) = (number.magnitude, divisor)
            while b != 0 { (a, b) = (b, a % b) }
            divisor = a
        }
        return divisor
    }

    /// Nil where one of them is no multiple.
    ///
    /// Divides by multiplying with the inverse modulo 2^64 (H. Warren, "Hacker's Delight", 10-16): of a multiple that is the quotient,
    /// anything else becomes too large to be one.
    private static func divided(_ numbers: [Int64], by divisor: Int64) -> [Int64]? {
        let zeros = divisor.trailingZeroBitCount
        let odd = divisor >> Int64(zeros)
        // Newton's iteration doubles the bits that are right, of which there are three at first.
        var inverse = odd
        for _ in 0..<5 { inverse = inverse &* (2 &- odd &* inverse) }
        let low = (1 << Int64(zeros)) &- 1 as Int64
        let (lowest, highest) = (Int64.min / divisor, Int64.max / divisor)
        var wrong: Int64 = 0
        let quotients = numbers.map { number in
            let quotient = (number >> Int64(zeros)) &* inverse
            wrong |= number & low
            // Negative where the quotient is out of range on either side.
            wrong |= (highest &- quotient) & .min
            wrong |= (quotient &- lowest) & .min
            return quotient
        }
        return wrong == 0 ? quotients : nil
    }
}
