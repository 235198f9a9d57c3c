internal import Komoku

/// A line in the cells of a terminal: of two by four dots each where it shows more than ASCII, else one mark a column.
struct BrailleChart {
    let height: Int
    let isUnicode: Bool

    /// How many values fit into so many columns.
    func values(in columns: Int) -> Int { isUnicode ? columns * 2 : columns }

    /// - Parameter values: from left to right; nil is a gap.
    func lines(_ values: [Double?], low: Double, high: Double) -> [String] {
        let dots = isUnicode ? height * 4 : height
        let levels = values.map { value in value.map { level(of: $0, low, high, dots) } }
        var grid = [[Bool]](repeating: Array(repeating: false, count: values.count), count: dots)
        for (x, level) in levels.enumerated() {
            guard let level else { continue }
            // A step is drawn as a line from the value before.
            let before = x > 0 ? levels[x - 1] ?? level : level
            for y in min(before < level ? before + 1 : before, level)...max(before > level ? before - 1 : before, level)
            {
                grid[dots - 1 - y][x] = true
            }
        }
        return isUnicode ? braille(grid) : grid.map { String($0.map { $0 ? "*" : " " }) }
    }

    private func level(of value: Double, _ low: Double, _ high: Double, _ dots: Int) -> Int {
        let share = (value - low) / (high - low)
        guard share.isFinite else { return 0 }
        return Int((max(0, min(1, share)) * Double(dots - 1)).rounded())
    }

    /// Bits of the dots of a cell (Unicode, Braille Patterns), by row and column.
    private static let bits: [[UInt32]] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]]

    private func braille(_ grid: [[Bool]]) -> [String] {
        let columns = ((grid.first?.count ?? 0) + 1) / 2
        return (0..<height).map { row in
            var text = ""
            for column in 0..<columns {
                var cell: UInt32 = 0x2800
                for y in 0..<4 {
                    for x in 0..<2 where column * 2 + x < grid[row * 4 + y].count && grid[row * 4 + y][column * 2 + x] {
                        cell |= Self.bits[y][x]
                    }
                }
                text.unicodeScalars.append(Unicode.Scalar(cell) ?? " ")
            }
            return text
        }
    }
}

extension GraphSeries {
    /// The graph with its title, its scale and its times; a sentence where there is nothing to draw.
    func lines(width: Int, height: Int, isUnicode: Bool) -> [String] {
        guard let (low, high) = bounds, parts.contains(where: { $0.value != nil }) else {
            return [title, "  nothing is recorded in this time"]
        }
        let chart = BrailleChart(height: height, isUnicode: isUnicode)
        let labels = isBoolean ? ["0 %", "100 %"] : [low, high].map { Numbers.computed($0) }
        let room = labels.map(\.columns).max() ?? 0
        let columns = max(8, width - room - 3)
        let (axis, corner) = isUnicode ? ("┤", "└") : ("|", "+")
        let drawn = chart.lines(self.columns(chart.values(in: columns)), low: low, high: high)
        var lines = [title]
        for (index, line) in drawn.enumerated() {
            let label = index == 0 ? labels[1] : index == drawn.count - 1 ? labels[0] : ""
            lines.append(String(repeating: " ", count: max(0, room - label.columns)) + label + " " + axis + line)
        }
        lines.append(
            String(repeating: " ", count: room + 1) + corner + String(repeating: isUnicode ? "─" : "-", count: columns))
        let (start, end) = (LocalTime.text(since), LocalTime.text(until))
        let gap = max(1, columns + 1 - start.columns - end.columns)
        lines.append(String(repeating: " ", count: room + 1) + start + String(repeating: " ", count: gap) + end)
        return lines.map { line in
            var line = line
            while line.last == " " || line.last == "\u{2800}" { line.removeLast() }
            return line
        }
    }
}
