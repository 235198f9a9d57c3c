internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Rules for people: all of them as a table, one with what is known of it.
struct RulesShown {
    private let rules: [RuleDescription]
    private let now: Timestamp

    private static let widestName = 40
    /// Less of a name says nothing.
    private static let leastName = 14

    init(_ rules: [RuleDescription], now: Timestamp) {
        self.rules = rules
        self.now = now
    }

    /// A heading, then a line for each; a narrow screen shows fewer columns.
    func lines(on screen: Screen) -> [String] {
        var columns = columns
        let room = screen.columns ?? .max
        // The name is what other commands take.
        let widest = rules.map(\.name.printable.columns).max() ?? 0
        let least = max(Self.leastName, min(widest, Self.widestName))
        for title in ["next", "skipped", "waiting", "last", "runs"] where room - width(of: columns) < least {
            columns.removeAll { $0.title == title }
        }
        let name = screen.columns.map { max(1, $0 - width(of: columns)) } ?? Self.widestName
        var table = TextTable()
        table.add(
            "rule", rules.map { $0.name.printable.fitting(name, isUnicode: screen.isUnicode) }, isRight: false)
        for column in columns { table.add(column.title, column.cells, isRight: column.isRight) }
        return table.lines(on: screen)
    }

    /// What is beside the name. A column in which nothing stands is left out.
    private var columns: [TextTable.Column] {
        func counts(_ title: String, _ count: (RuleDescription) -> Int) -> TextTable.Column {
            TextTable.Column(title: title, cells: rules.map { count($0) == 0 ? "" : Numbers.grouped(count($0)) })
        }
        func ages(_ title: String, _ time: (RuleDescription) -> Timestamp?) -> TextTable.Column {
            let cells = rules.map { time($0).map { RunText.distance(to: $0, now: now) } ?? "" }
            return TextTable.Column(title: title, cells: cells, isRight: false)
        }
        let states = rules.map { $0.isScript ? "script" : $0.state == .enabled ? "" : $0.state.rawValue }
        let all = [
            TextTable.Column(title: "state", cells: states, isRight: false), counts("runs", \.runs),
            counts("failed", \.failures), counts("skipped", \.skipped),
            counts("waiting") { $0.standing + $0.queued }, ages("last", \.lastRun), ages("next", \.next),
        ]
        return all.filter { column in column.cells.contains { !$0.isEmpty } }
    }

    /// With the gaps before them.
    private func width(of columns: [TextTable.Column]) -> Int {
        columns.reduce(0) { width, column in
            width + 2 + (([column.title] + column.cells).map(\.columns).max() ?? 0)
        }
    }

    /// All that is known of one.
    static func lines(of rule: RuleDescription, now: Timestamp, on screen: Screen) -> [String] {
        var lines = Wrapping.lines(rule.name, on: screen)
        func add(_ text: String?, indent: Int = 2) {
            if let text { lines += Wrapping.lines(text, indent: indent, hanging: indent + 2, on: screen) }
        }
        add(rule.about)
        add("\(rule.isScript ? "script" : "rule") at \(rule.position)")
        add(rule.state == .enabled ? nil : rule.state.rawValue + (rule.reason.map { ": \($0)" } ?? ""))
        for trigger in rule.triggers { add("when \(trigger)") }
        add(rule.condition.map { "if \($0)" })
        add(rule.parameters.isEmpty ? nil : "takes \(rule.parameters.joined(separator: ", "))")
        add(["mode \(rule.mode)", rule.limit.map { "at most \($0)" }].compactMap(\.self).joined(separator: ", "))
        add(figures(of: rule))
        add(waiting(rule.standing, "run", "of it ", "at a step"))
        add(waiting(rule.queued, "occasion", "", "for a run to end"))
        for pending in rule.pending { add(text(of: pending, now: now)) }
        add(rule.quiet.map { "quiet: \($0)" })
        let times = [
            rule.lastRun.map { "last run \(LocalTime.age(of: $0, now: now))" },
            rule.next.map { "next \(LocalTime.text($0)), \(RunText.distance(to: $0, now: now))" },
        ].compactMap(\.self)
        add(times.isEmpty ? nil : times.joined(separator: "; "))
        return lines
    }

    /// `pending: change hall.door to true for 10m (hall.door), fires in 4 min`.
    private static func text(of pending: RuleDescription.Pending, now: Timestamp) -> String {
        let key = pending.key.flatMap { pending.trigger.contains($0) ? nil : " (\($0))" } ?? ""
        let due = pending.due.map { ", fires \(RunText.distance(to: $0, now: now))" } ?? ""
        return "pending: \(pending.trigger)\(key)\(due)"
    }

    /// `2 runs of it wait at a step`.
    private static func waiting(_ count: Int, _ noun: String, _ more: String, _ what: String) -> String? {
        guard count > 0 else { return nil }
        return "\(Numbers.counted(count, noun)) \(more)\(count == 1 ? "waits" : "wait") \(what)"
    }

    private static func figures(of rule: RuleDescription) -> String {
        var figures = [Numbers.counted(rule.runs, "run")]
        if rule.failures > 0 { figures.append("\(Numbers.grouped(rule.failures)) failed") }
        if rule.skipped > 0 {
            figures.append("skipped \(Numbers.counted(rule.skipped, "time")) because its condition was not met")
        }
        if rule.refused > 0 {
            figures.append("held back \(Numbers.counted(rule.refused, "time")) by its mode or limit")
        }
        return figures.joined(separator: ", ")
    }
}
