/// Rows under headings, each column to the left or to the right, a bar behind each row where there is room.
struct TextTable {
    struct Column {
        var title: String
        var cells: [String]
        var isRight = true
    }

    var columns: [Column] = []
    /// The share of each row, 0 to 1; nil has no bar.
    var bars: [Double?] = []

    /// A bar shorter than this says nothing.
    private static let leastBar = 6
    private static let widestBar = 60

    mutating func add(_ title: String, _ cells: [String], isRight: Bool = true) {
        // A column in which nothing stands only takes room.
        guard cells.contains(where: { !$0.isEmpty }) else { return }
        columns.append(Column(title: title, cells: cells.map(\.printable), isRight: isRight))
    }

    /// The lines, no wider than the screen.
    func lines(on screen: Screen) -> [String] {
        let widths = columns.map { column in ([column.title] + column.cells).map(\.columns).max() ?? 0 }
        let used = widths.reduce(0, +) + 2 * max(0, widths.count - 1)
        let room = min((screen.columns ?? 0) - used - 2, Self.widestBar)
        let count = columns.map(\.cells.count).max() ?? 0
        var lines = [line(columns.map(\.title), widths)]
        for row in 0..<count {
            var text = line(columns.map { row < $0.cells.count ? $0.cells[row] : "" }, widths)
            if room >= Self.leastBar, row < bars.count, let share = bars[row] {
                let bar = Bar.text(share, width: room, isUnicode: screen.isUnicode)
                if !bar.isEmpty { text += String(repeating: " ", count: used - text.columns + 2) + bar }
            }
            lines.append(text)
        }
        guard let width = screen.columns else { return lines }
        return lines.map { $0.fitting(width, isUnicode: screen.isUnicode) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 { text += "  " }
            let padding = String(repeating: " ", count: max(0, widths[index] - cell.columns))
            text += columns[index].isRight ? padding + cell : cell + padding
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
