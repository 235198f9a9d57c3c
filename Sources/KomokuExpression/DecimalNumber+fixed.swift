import Komoku

extension DecimalNumber {
    /// With so many decimals, 0 to 15, as `round` makes them: `21.50`. Numbers too large to have decimals are as they are.
    static func text(_ number: Double, decimals: Int) -> String {
        let scale = (0..<max(decimals, 0)).reduce(1.0) { scale, _ in scale * 10 }
        guard decimals > 0, (number * scale).magnitude < 9_007_199_254_740_992,
            let scaled = Int64(exactly: (number * scale).rounded(.toNearestOrAwayFromZero))
        else { return text(round(number, decimals: decimals)) }
        let digits = String(scaled.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.utf8.count)) + digits
        return "\(scaled < 0 ? "-" : "")\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
    }
}
