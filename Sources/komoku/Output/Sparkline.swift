internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// The course of a key in one line: `18.2 ▁▂▅█▆ 25.1 °C`.
struct Sparkline {
    private let points: [(time: Double, number: Double?)]
    private let unit: String?
    private let isBoolean: Bool

    init(_ points: [HistoryPoint], unit: String?) {
        self.points = points.map { point in
            switch point.value {
            case .number(let number): (point.time.seconds, number)
            case .bool(let flag): (point.time.seconds, flag ? 1 : 0)
            default: (point.time.seconds, nil)
            }
        }
        self.unit = unit
        isBoolean = points.contains { $0.value.bool != nil }
    }

    /// Nil where there are no two numbers.
    func text(width: Int, _ screen: Screen) -> String? {
        let numbers = points.compactMap(\.number)
        guard numbers.count > 1, let low = numbers.min(), let high = numbers.max() else { return nil }
        let left = isBoolean ? "" : Numbers.computed(low) + " "
        let right = isBoolean ? "" : " " + Figure.text(high, unit: unit, decimals: nil)
        let room = min(width - left.columns - right.columns, 120)
        guard room >= 8 else { return nil }
        return left + Bar.sparkline(cells(min(room, max(8, points.count))), isUnicode: screen.isUnicode) + right
    }

    /// The mean of the points that fall into each column; a column without one holds the value before it.
    private func cells(_ count: Int) -> [Double?] {
        guard let start = points.first?.time, let end = points.last?.time, end > start else { return [] }
        var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: count)
        var ends = [Double?](repeating: nil, count: count)
        var isGap = [Bool](repeating: false, count: count)
        for point in points {
            let column = min(count - 1, Int((point.time - start) / (end - start) * Double(count)))
            isGap[column] = point.number == nil
            guard let number = point.number else { continue }
            sums[column] = (sums[column].sum + number / Double(points.count), sums[column].count + 1)
            ends[column] = number
        }
        var held: Double?
        return sums.indices.map { column in
            defer { held = isGap[column] ? nil : ends[column] ?? held }
            guard sums[column].count > 0 else { return held }
            return sums[column].sum / Double(sums[column].count) * Double(points.count)
        }
    }
}
