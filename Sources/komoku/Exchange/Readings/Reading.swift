/// One reading of a table: what a series had at a time.
struct Reading: Hashable {
    /// As the file names it.
    var series: String
    var time: ReadingTime
    var cell: Cell
}

/// What comes out of a table, line by line.
enum TableItem: Hashable {
    case reading(Reading, line: Int)
    case broken(String, line: Int)
}
