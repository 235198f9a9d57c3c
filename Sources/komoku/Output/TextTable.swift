internal import Komoku

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
    func lines(on screen: Screen) -> [String] { blocks(on: screen).flatMap(\.self) }

    /// The lines of the heading, then those of each row, no wider than the screen: where texts in the last column are too long
    /// for it, they go on below.
    func blocks(on screen: Screen) -> [[String]] {
        let widths = columns.map { column in ([column.title] + column.cells).map(\.columns).max() ?? 0 }
        let used = widths.reduce(0, +) + 2 * max(0, widths.count - 1)
        let count = columns.map(\.cells.count).max() ?? 0
        let titles = line(columns.map(\.title), widths)
        let rows = (0..<count).map { row in columns.map { row < $0.cells.count ? $0.cells[row] : "" } }
        guard let width = screen.columns else { return [[titles]] + rows.map { [line($0, widths)] } }
        if used > width, let last = columns.last, !last.isRight, columns.count > 1 {
            return [[titles.fitting(width, isUnicode: screen.isUnicode)]] + rows.map { wrapped($0, widths, on: screen) }
        }
        let room = min(width - used - 2, Self.widestBar)
        return [[titles.fitting(width, isUnicode: screen.isUnicode)]]
            + rows.enumerated().map { row, cells in
                var text = line(cells, widths)
                if room >= Self.leastBar, row < bars.count, let share = bars[row] {
                    let bar = Bar.text(share, width: room, isUnicode: screen.isUnicode)
                    if !bar.isEmpty { text += String(repeating: " ", count: used - text.columns + 2) + bar }
                }
                return [text.fitting(width, isUnicode: screen.isUnicode)]
            }
    }

    /// Less room for the last column is none: it gets lines of its own.
    private static let leastLast = 28

    /// A row whose last cell is broken between words.
    private func wrapped(_ cells: [String], _ widths: [Int], on screen: Screen) -> [String] {
        let indent = widths.dropLast().reduce(0) { $0 + $1 + 2 }
        let head = line(Array(cells.dropLast()), widths)
        guard let last = cells.last, !last.isEmpty, let width = screen.columns else {
            return Wrapping.lines(head, hanging: 2, on: screen)
        }
        if indent + last.columns <= width {
            return [head + String(repeating: " ", count: max(0, indent - head.columns)) + last]
        }
        guard width - indent >= Self.leastLast else {
            return Wrapping.lines(head, hanging: 2, on: screen) + Wrapping.lines(last, indent: 4, on: screen)
        }
        let lines = Wrapping.lines(last, on: Screen(columns: width - indent, isUnicode: screen.isUnicode))
        return lines.enumerated().map { index, text in
            let front = index == 0 ? head : ""
            return front + String(repeating: " ", count: max(0, indent - front.columns)) + text
        }
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
