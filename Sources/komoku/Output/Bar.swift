/// Bars and sparklines out of block characters; of ASCII where the terminal has nothing else.
enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    private static let levels = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let plainLevels = ["_", ".", ",", "-", "=", "+", "*", "#"]

    /// A bar that fills `share` (0 to 1) of `width` columns; what is not nothing is at least an eighth of a column.
    static func text(_ share: Double, width: Int, isUnicode: Bool = true) -> String {
        guard share > 0, width > 0 else { return "" }
        let share = min(share, 1)
        guard isUnicode else { return String(repeating: "#", count: max(1, Int((share * Double(width)).rounded()))) }
        let count = max(1, Int((share * Double(width * 8)).rounded()))
        return String(repeating: "█", count: count / 8) + eighths[count % 8]
    }

    /// One character a number, from the lowest to the highest; a space where there is none.
    static func sparkline(_ numbers: [Double?], isUnicode: Bool = true) -> String {
        let known = numbers.compactMap(\.self)
        guard let low = known.min(), let high = known.max() else { return "" }
        let marks = isUnicode ? levels : plainLevels
        return numbers.map { number in
            guard let number else { return " " }
            // Halves, so that the range of very large numbers does not overflow.
            let range = high / 2 - low / 2
            let share = range > 0 ? (number / 2 - low / 2) / range : 0.5
            return marks[min(marks.count - 1, Int(share * Double(marks.count)))]
        }.joined()
    }
}

/// The numbers that a column of bars reaches over.
struct BarScale: Hashable, Sendable {
    var low: Double
    var high: Double

    init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// From the lowest number to the highest; from 0 where the numbers are near it, compared with how far apart they are.
    init(_ numbers: [Double?]) {
        let known = numbers.compactMap(\.self)
        (low, high) = (known.min() ?? 0, known.max() ?? 0)
        if low > 0, low < (high - low) * 2 || low == high { low = 0 }
    }

    func share(of number: Double) -> Double {
        guard high > low else { return 0 }
        let share = (number / 2 - low / 2) / (high / 2 - low / 2)
        // The lowest has a bar too: it is a value and not nothing. From 0 on, 0 is nothing.
        return low == 0 ? share : 0.04 + 0.96 * share
    }
}
