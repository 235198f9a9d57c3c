internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient

/// From when to when.
struct RangeOptions: ParsableArguments {
    @Option(help: "From then on: 30d (ago), 2026-01-31, '2026-01-31 08:30' or seconds since 1970.")
    var since: String?

    @Option(help: "Up to then; else up to now.")
    var until: String?

    func validate() throws { _ = try bounds() }

    func bounds() throws -> (since: Timestamp?, until: Timestamp?) {
        let now = LocalTime.now
        let start = try since.map { try LocalTime.read($0, now: now) }
        let end = try until.map { try LocalTime.read($0, now: now) }
        if let start, let end, start >= end { throw ValidationError("--since has to be before --until") }
        return (start, end)
    }

    /// Where the end is now, and a beginning after it would leave nothing.
    func checkPast() throws {
        guard let since, until == nil, let start = try bounds().since, start >= LocalTime.now else { return }
        throw ValidationError("--since '\(since)' is in the future; name an earlier time, or an --until after it")
    }
}

/// Whose midnight it is.
struct ZoneOptions: ParsableArguments {
    @Option(help: "The time zone of days and dates: Europe/Warsaw; else the hub's for steps, this machine's for dates.")
    var zone: String?

    /// From here on dates are read and written in the zone, where it was given.
    func apply() throws {
        guard let zone else { return }
        guard LocalTime.use(zone: zone) else {
            throw Failure.usage("there is no time zone '\(zone.printable)' on this machine; write Europe/Warsaw or UTC")
        }
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
