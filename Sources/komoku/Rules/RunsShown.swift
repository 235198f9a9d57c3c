internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Records of the why log as a table, the newest last.
struct RunsShown {
    private let runs: [RunReport]
    private let text: RunText

    private static let widestRule = 40

    /// - Parameter runs: newest first, as the hub tells them.
    init(_ runs: [RunReport], now: Timestamp) {
        self.runs = runs.reversed()
        text = RunText(now: now)
    }

    /// A heading, then a line for each; what happened takes what is left.
    func lines(on screen: Screen) -> [String] {
        var table = TextTable()
        let isNarrow = (screen.columns ?? .max) < 60
        if !isNarrow { table.add("run", runs.map { String($0.number) }) }
        table.add(LocalTime.heading("time"), runs.map { text.time($0.last ?? $0.started) }, isRight: false)
        let width = isNarrow ? 12 : Self.widestRule
        table.add("rule", runs.map { $0.rule.printable.fitting(width, isUnicode: screen.isUnicode) }, isRight: false)
        table.add("outcome", runs.map(RunText.word), isRight: false)
        if !isNarrow { table.add("took", runs.map { RunText.length($0) ?? "" }) }
        table.add("", runs.map(text.summary), isRight: false)
        return table.lines(on: screen)
    }

    /// One record as a line, for those that come one by one.
    static func lines(following run: RunReport, now: Timestamp, on screen: Screen) -> [String] {
        let text = RunText(now: now)
        let took = RunText.length(run).map { ", \($0)" } ?? ""
        let missed = run.skipped > 0 ? "  (\(run.skipped) left out)" : ""
        let time = LocalTime.clock(run.last ?? run.ended ?? run.started)
        let number = (screen.columns ?? .max) < 60 ? "" : "\(run.number)  "
        let line = "\(number)\(time)  \(run.rule)  \(RunText.word(run))\(took)  \(text.summary(run))\(missed)".printable
        return Wrapping.lines(line, hanging: 4, on: screen)
    }
}
