internal import Komoku
internal import KomokuWire

/// Cells as tables.
struct CellsShown {
    let now: Timestamp

    func counts(_ behaviours: [BehaviourReport], on screen: Screen) -> [String] {
        var table = TextTable()
        table.add("cells of", behaviours.map(\.name.printable), isRight: false)
        table.add("alive", behaviours.map { String($0.alive) })
        table.add("failed", behaviours.map { String($0.failed) })
        table.add("version", behaviours.map { $0.version.map(String.init) ?? "not loaded" }, isRight: false)
        return table.lines(on: screen)
    }

    func cells(_ cells: [CellReport], on screen: Screen) -> [String] {
        var table = TextTable()
        table.add(
            "cell of", cells.map { $0.behaviour.printable.fitting(20, isUnicode: screen.isUnicode) }, isRight: false)
        table.add("id", cells.map { $0.id.printable.fitting(30, isUnicode: screen.isUnicode) }, isRight: false)
        table.add("state", cells.map(\.state.rawValue), isRight: false)
        table.add("next", cells.map(next), isRight: false)
        table.add("error", cells.map { ($0.error ?? "").printable }, isRight: false)
        return table.lines(on: screen)
    }

    func lines(of cell: CellReport, on screen: Screen) -> [String] {
        var lines = ["\(cell.behaviour.printable) \(cell.id.printable): \(cell.state.rawValue)"]
        if let error = cell.error { lines.append("error  \(error.printable)") }
        if cell.due != nil { lines.append("next   \(next(cell))") }
        if let data = cell.data { lines.append("data   \(data.text.printable)") }
        return lines.flatMap { Wrapping.lines($0, hanging: 7, on: screen) }
    }

    private func next(_ cell: CellReport) -> String {
        guard let due = cell.due else { return "" }
        return RunText.distance(to: due, now: now)
    }
}
