/// Doubles as scaled integers, where that loses no bit.
enum DecimalScale {
    static let powers: [Double] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
    static let maximumDecimals = powers.count - 1

    /// `number` times 10 to the power of `decimals`, where dividing gives back the very same bits.
    @inline(__always)
    static func scaled(_ number: Double, decimals: Int) -> Int64? {
        let power = powers[decimals]
        let scaled = (number * power).rounded()
        // Up to 2^53 the integer is exact. -0 and NaN fail the comparison of bits.
        guard scaled.magnitude < 9_007_199_254_740_992, (scaled / power).bitPattern == number.bitPattern else {
            return nil
        }
        let integer = Int64(scaled)
        return Double(integer).bitPattern == scaled.bitPattern ? integer : nil
    }

    @inline(__always)
    static func number(_ scaled: Int64, decimals: Int) -> Double { Double(scaled) / powers[decimals] }
}
