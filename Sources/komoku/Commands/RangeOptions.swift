internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

/// From when to when.
struct RangeOptions: ParsableArguments {
    @Option(help: "Start: 30d (ago), yesterday, 'mon 08:00', 2026-01-31, '2026-01-31 08:30' or seconds since 1970.")
    var since: String?

    @Option(help: "End; now if not given.")
    var until: String?

    /// What can be said before the hub's zone is known.
    func validate() throws {
        let now = LocalTime.now
        let start = try since.map { try WrittenTime($0, now: now) }
        let end = try until.map { try WrittenTime($0, now: now) }
        if let start = start?.moment, let end = end?.moment { try Self.check(start, end) }
    }

    /// In the zone in which times are shown; to be asked once the hub has said which that is.
    func bounds() throws -> (since: Timestamp?, until: Timestamp?) {
        let now = LocalTime.now
        let start = try since.map { try LocalTime.read($0, now: now) }
        // Clocks that are put back show some times twice: up to the second one.
        let end = try until.map { try LocalTime.read($0, now: now, .last) }
        if let start, let end { try Self.check(start, end) }
        return (start, end)
    }

    private static func check(_ start: Timestamp, _ end: Timestamp) throws {
        if start >= end { throw ValidationError("--since has to be before --until") }
    }

    /// The same where the end is now, and a beginning after it would leave nothing.
    func pastBounds() throws -> (since: Timestamp?, until: Timestamp?) {
        let bounds = try bounds()
        if until == nil, let start = bounds.since { try checkPast(start) }
        return bounds
    }

    /// What can be said of that before the hub's zone is known.
    func checkPast() throws {
        guard let since, until == nil else { return }
        let now = LocalTime.now
        // No clock is further from UTC.
        let start = try WrittenTime(since, now: now).moment(in: LocalTime.zone) - .seconds(27 * 3600)
        if start >= now { try checkPast(start) }
    }

    private func checkPast(_ start: Timestamp) throws {
        guard start >= LocalTime.now else { return }
        throw ValidationError("--since '\(since ?? "")' is in the future; name an earlier time, or an --until after it")
    }
}

/// The parts in which a time is looked at.
enum StepText {
    static let calendar = ["hour", "day", "week", "month", "year"]

    /// - Throws: `ValidationError` where the hub would refuse it.
    static func check(_ text: String) throws {
        if calendar.contains(text) { return }
        if let step = try? Komoku.Duration(parsing: text) {
            if step > .zero { return }
            throw ValidationError("a step of \(text) never ends; write 5m, 1h or day")
        }
        let question =
            Suggestion.question(for: text, in: calendar) ?? "write 5m, 1h, or \(calendar.joined(separator: ", "))"
        throw ValidationError("'\(text)' is no step; \(question)")
    }
}
