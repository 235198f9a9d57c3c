internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// Notes of rules as a table, the newest last.
struct NotificationsShown {
    private let notes: [RuleNotification]
    private let now: Timestamp

    /// - Parameter notes: newest first, as the hub tells them.
    init(_ notes: [RuleNotification], now: Timestamp) {
        self.notes = notes.reversed()
        self.now = now
    }

    /// A heading, then a line for each; the text takes what is left.
    func lines(on screen: Screen) -> [String] {
        var table = TextTable()
        let isNarrow = (screen.columns ?? .max) < 60
        table.add("id", notes.map { String($0.id) })
        table.add("time", notes.map { LocalTime.age(of: $0.time, now: now) }, isRight: false)
        table.add("state", notes.map(\.state.rawValue), isRight: false)
        if !isNarrow {
            table.add("to", notes.map { target(of: $0, on: screen) }, isRight: false)
            table.add("rule", notes.map { $0.rule.printable.fitting(20, isUnicode: screen.isUnicode) }, isRight: false)
        }
        table.add("message", notes.map(Self.text), isRight: false)
        return table.lines(on: screen)
    }

    /// `phone, then hall at 19:20` once the second one was told too.
    private func target(of note: RuleNotification, on screen: Screen) -> String {
        let first = note.target.printable.fitting(16, isUnicode: screen.isUnicode)
        guard let second = note.escalation else { return first }
        let target = second.target.printable.fitting(16, isUnicode: screen.isUnicode)
        return "\(first), then \(target) at \(clock(second.time))"
    }

    /// `19:20` of today, else with the date.
    private func clock(_ time: Timestamp) -> String {
        let day = "%Y-%m-%d"
        let isToday = LocalTime.format(time, day) == LocalTime.format(now, day)
        return LocalTime.format(time, isToday ? "%H:%M" : day + " %H:%M")
    }

    private static func text(of note: RuleNotification) -> String {
        let text = [note.title, note.message].compactMap(\.self).joined(separator: ": ")
        guard let reason = note.reason else { return text }
        let attempts = note.attempts > 1 ? " \(note.attempts) times" : ""
        return "\(text) (failed\(attempts): \(reason))"
    }
}
