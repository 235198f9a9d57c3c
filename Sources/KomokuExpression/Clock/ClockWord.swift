import Komoku

/// A word that asks the clock, or the sun, something: `hour`, `sunset`. All that there is to say of it.
package final class ClockWord: Sendable {
    package let name: String
    let kind: ValueKind
    let measure: Measure
    /// Between which numbers it is.
    let range: ClosedRange<Double>?
    let mayBeUnknown: Bool
    let needs: Offers
    /// What it is, for a person: in Markdown, one line; and what it counts.
    let about: String
    let gives: String
    /// How often at most the answer changes.
    let step: Duration
    /// When the answer can next change.
    let nextChange: NextChange
    let value: Answer

    typealias NextChange = @Sendable (_ time: Timestamp, _ zone: Zone) -> Timestamp?
    typealias Answer = @Sendable (ClockMoment) -> Value?

    fileprivate init(
        _ name: String, _ about: String, _ kind: ValueKind = .number, gives: String? = nil, measure: Measure = .any,
        range: ClosedRange<Double>? = nil, mayBeUnknown: Bool = false, needs: Offers = .clock,
        step: Duration = Reads.minute, next: @escaping NextChange, _ value: @escaping Answer
    ) {
        (self.name, self.kind, self.about, self.measure, self.range) = (name, kind, about, measure, range)
        (self.mayBeUnknown, self.needs, self.step) = (mayBeUnknown, needs, step)
        self.gives = gives ?? (kind == .number ? "number" : kind == .text ? "text" : "boolean")
        nextChange = next
        self.value = value
    }
}

/// A moment, and where the clock hangs that shows it.
package struct ClockMoment: Sendable {
    let time: Timestamp
    let zone: Zone
    let sun: Sun?

    fileprivate var local: LocalDateTime { zone.local(time) }
}

extension ClockWord {
    static let now = ClockWord(
        "now", "`now - previous_sunset < 30m`", gives: "seconds since 1970", measure: .instant, step: Reads.second,
        next: { time, _ in time.nextMultiple(of: Reads.second) }, { .number($0.time.seconds) })

    static let all: [ClockWord] = [
        now,
        ClockWord("hour", "0 to 23", range: 0...23, next: { $1.start(of: .hour, after: $0) }) { $0.local.hour.value },
        ClockWord("minute", "0 to 59", range: 0...59, next: { min(nextMinute($0, $1), $1.start(of: .hour, after: $0)) })
        {
            $0.local.minute.value
        },
        ClockWord("weekday", "1 is Monday, 7 Sunday: `weekday in [6, 7]`", range: 1...7, next: nextDay) {
            $0.local.date.weekday.value
        },
        ClockWord("date", "`2026-11-21`", .text, next: nextDay) { .string($0.local.date.description) },
        ClockWord("month", "1 to 12", range: 1...12, next: { $1.start(of: .month, after: $0) }) {
            $0.local.date.month.value
        },
        ClockWord("day", "of the month, from 1", range: 1...31, next: nextDay) { $0.local.date.day.value },
        ofSun("sunrise", "of the current day; unknown if the sun does not rise on it", next: nextDay) {
            $0.time(of: .sunrise, on: $1.local.date, in: $1.zone)
        },
        ofSun("sunset", "of the current day; unknown if the sun does not set on it", next: nextDay) {
            $0.time(of: .sunset, on: $1.local.date, in: $1.zone)
        },
        ofSun("next_sunrise", "the next one; unknown if there is none for a year") {
            $0.next(.sunrise, after: $1.time, in: $1.zone)
        },
        ofSun("next_sunset", "the next one") { $0.next(.sunset, after: $1.time, in: $1.zone) },
        ofSun("previous_sunrise", "the most recent one") { $0.previous(.sunrise, upTo: $1.time, in: $1.zone) },
        ofSun("previous_sunset", "the most recent one") { $0.previous(.sunset, upTo: $1.time, in: $1.zone) },
        ClockWord(
            "is_night", "whether the sun is down; also works on days without a sunrise or sunset", .boolean,
            needs: .sun, next: nextMinuteOfSun
        ) { moment in moment.sun.map { .boolean($0.isDown(at: moment.time)) } },
        ClockWord(
            "elevation", "of the sun above the horizon: `elevation < -4` is dark", gives: "degrees",
            measure: .unit("°"), range: -90...90, needs: .sun, next: nextMinuteOfSun
        ) { moment in moment.sun.map { .number($0.elevation(at: moment.time)) } },
        ClockWord(
            "azimuth", "of the sun, clockwise from north: 180 is south", gives: "degrees", measure: .unit("°"),
            range: 0...360, needs: .sun, next: nextMinuteOfSun
        ) { moment in moment.sun.map { .number($0.azimuth(at: moment.time)) } },
    ]

    private static let byName = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    package static func named(_ name: String) -> ClockWord? { byName[name] }

    /// A time of the sun; near the poles there is none in summer and winter.
    private static func ofSun(
        _ name: String, _ about: String, next: @escaping NextChange = nextMinuteOfSun,
        _ time: @escaping @Sendable (Sun, ClockMoment) -> Timestamp?
    ) -> ClockWord {
        ClockWord(
            name, about, gives: "seconds since 1970", measure: .instant, mayBeUnknown: true, needs: .sun, next: next
        ) { moment in moment.sun.flatMap { time($0, moment) }.map { .number($0.seconds) } }
    }

    private static let nextDay: NextChange = { $1.start(of: .day, after: $0) }
    /// Where the sun stands only the asker knows: it moves on within seconds of the moment.
    private static let nextMinuteOfSun: NextChange = { time, _ in time.nextMultiple(of: Reads.minute) }

    private static func nextMinute(_ time: Timestamp, _ zone: Zone) -> Timestamp {
        time.wholeSecond + Duration.seconds(Int64(60 - zone.local(time).second))
    }
}

extension ClockWord: Hashable {
    package static func == (left: ClockWord, right: ClockWord) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Int {
    fileprivate var value: Value { .number(Double(self)) }
}
