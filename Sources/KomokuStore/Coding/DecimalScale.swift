/// Doubles as scaled integers, where that loses no bit.
enum DecimalScale {
    static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
    ]
    static let maximumDecimals = powers.count - 1

    /// `number` times 10 to the power of `decimals`, where dividing gives back the very same bits.
    @inline(__always)
    static func scaled(_ number: Double, decimals: Int) -> Int64? { scaled(number, power: powers[decimals]) }

    /// `number` times a power of ten, where dividing gives back the very same bits.
    @inline(__always)
    static func scaled(_ number: Double, power: Double) -> Int64? {
        let product = number * power
        // Up to 2^53 the integer is exact. A NaN fails the comparison, -0 that of bits.
        guard product.magnitude < 9_007_199_254_740_992 else { return nil }
        let integer = nearest(product)
        return (Double(integer) / power).bitPattern == number.bitPattern ? integer : nil
    }

    @inline(__always)
    private static func nearest(_ product: Double) -> Int64 {
        // `rounded()` is a call into the C library. Below 2^51 a half is added exactly enough: a decimal's product is next to its
        // integer.
        if product.magnitude < 2_251_799_813_685_248 { return Int64(product + (product < 0 ? -0.5 : 0.5)) }
        return Int64(product.rounded())
    }

    @inline(__always)
    static func number(_ scaled: Int64, decimals: Int) -> Double { Double(scaled) / powers[decimals] }
}
