internal import Komoku

/// Sums as people write them: 1 + 2.4 - 1 - 1.2 is 1.2.
enum DecimalSum {
    /// The sum of two doubles, rounded to the decimals that the longer of their decimal texts has, where that is exact.
    static func add(_ a: Double, _ b: Double) -> Double {
        let sum = a + b
        guard let decimals = max(decimals(of: a), decimals(of: b)) else { return sum }
        return DecimalNumber.round(sum, decimals: decimals)
    }

    /// Decimals of the shortest text; nil where it has an exponent or more than 15.
    private static func decimals(of number: Double) -> Int? {
        let text = DecimalNumber.text(number)
        guard !text.contains("e") else { return nil }
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        let count = text.utf8.distance(from: dot, to: text.utf8.endIndex) - 1
        return count <= 15 ? count : nil
    }

    private static func max(_ a: Int?, _ b: Int?) -> Int? {
        guard let a, let b else { return nil }
        return Swift.max(a, b)
    }
}
