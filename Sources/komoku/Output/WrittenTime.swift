internal import ArgumentParser
internal import Komoku

/// A time as somebody wrote it: a moment, or what clocks show, which is a moment once the zone is known.
struct WrittenTime: Hashable {
    private enum Form: Hashable {
        case moment(Timestamp)
        /// The abbreviation tells the two apart that clocks show twice: `CEST`.
        case clock(LocalDateTime, fraction: Komoku.Duration, abbreviation: String?)
        /// As people say it: which day that is depends on the zone.
        case said(SpokenTime, now: Timestamp)
    }

    /// Which of two moments at which clocks showed the same.
    enum Choice {
        case first, last
        /// The later one that is not ahead.
        case newest(Timestamp)
    }

    private let form: Form

    /// Reads a duration before now (`90s`, `1h`), seconds since 1970, a date with or without a time and an offset, or what
    /// people say: `yesterday`, `mon 08:00`, `22:15`.
    ///
    /// - Throws: `ValidationError`.
    init(_ text: String, now: Timestamp) throws {
        // Before durations: 0 is 1970, as 1 is a second later.
        if let number = DecimalNumber.parse(Array(text.utf8)), let time = Timestamp(seconds: number) {
            form = .moment(time)
        } else if let duration = try? Komoku.Duration(parsing: text) {
            form = .moment(now - duration)
        } else if let time = Timestamp(dated: text) {
            form = .moment(time)
        } else if let clock = Self.clock(text) {
            form = clock
        } else if text.lowercased() == "now" {
            form = .moment(now)
        } else if let said = SpokenTime(text) {
            form = .said(said, now: now)
        } else {
            throw ValidationError(
                "'\(text)' is not a time; write 1h (ago), yesterday, 'mon 08:00', 2026-01-31, '2026-01-31 08:30' or "
                    + "seconds since 1970")
        }
    }

    /// Only a date, with or without a time and an offset.
    init?(date text: String) {
        guard let form = Timestamp(dated: text).map({ Form.moment($0) }) ?? Self.clock(text) else { return nil }
        self.form = form
    }

    /// The moment, where that is known without a zone.
    var moment: Timestamp? { if case .moment(let time) = form { time } else { nil } }

    /// A time over which clocks were put forward is the moment at which they were.
    func moment(in zone: Zone, _ choice: Choice = .first) -> Timestamp {
        if case .said(let said, let now) = form { return said.moment(before: now, in: zone) }
        guard case .clock(let local, let fraction, let abbreviation) = form else { return moment ?? .distantPast }
        switch zone.moments(of: local) {
        case .once(let time): return time + fraction
        case .never(let time): return time
        case .twice(let first, let second):
            let named = [first, second].first { zone.abbreviation(at: $0).uppercased() == abbreviation?.uppercased() }
            if let named { return named + fraction }
            return switch choice {
            case .first: first + fraction
            case .last: second + fraction
            case .newest(let now): (second + fraction <= now ? second : first) + fraction
            }
        }
    }

    /// `2026-01-31`, `2026-01-31 08:30`, `2026-01-31T08:30:12.5`, `2026-10-25 02:30 CEST`.
    private static func clock(_ text: String) -> Form? {
        var rest = Substring(text)
        guard let day = numbers(&rest, [4, 2, 2], separator: "-"),
            let date = CivilDate(year: day[0], month: day[1], day: day[2])
        else { return nil }
        var time = [0, 0, 0]
        if let first = rest.first, first == "T" || first == " " {
            rest.removeFirst()
            guard let found = numbers(&rest, [2, 2, 2], separator: ":", least: 2) else { return nil }
            time = found + Array(repeating: 0, count: 3 - found.count)
        }
        guard time[0] < 24, time[1] < 60, time[2] < 61, let fraction = fraction(&rest) else { return nil }
        var abbreviation: String?
        if rest.first == " " {
            abbreviation = String(rest.dropFirst())
            guard let name = abbreviation, (3...6).contains(name.utf8.count),
                name.allSatisfy({ $0.isASCII && $0.isLetter })
            else { return nil }
            rest = ""
        }
        guard rest.isEmpty else { return nil }
        let local = LocalDateTime(date, hour: time[0], minute: time[1], second: time[2])
        return .clock(local, fraction: fraction, abbreviation: abbreviation)
    }

    /// Numbers of so many digits with a separator between them.
    private static func numbers(
        _ rest: inout Substring, _ widths: [Int], separator: Character, least: Int? = nil
    ) -> [Int]? {
        var numbers: [Int] = []
        for width in widths {
            if !numbers.isEmpty {
                guard rest.first == separator else { break }
                rest.removeFirst()
            }
            let digits = rest.prefix(width)
            guard digits.count == width, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits)
            else { return nil }
            numbers.append(number)
            rest = rest.dropFirst(width)
        }
        return numbers.count >= least ?? widths.count ? numbers : nil
    }

    /// What is behind a dot; zero where there is none.
    private static func fraction(_ rest: inout Substring) -> Komoku.Duration? {
        guard rest.first == "." else { return .zero }
        let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count + 1)
        let micros = Int64(digits.prefix(6) + String(repeating: "0", count: max(0, 6 - digits.count)))
        return micros.map { Komoku.Duration(microseconds: $0) }
    }
}
