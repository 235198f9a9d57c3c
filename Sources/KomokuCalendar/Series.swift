import Komoku

/// An event that comes again and again by one rule, without the times that are excepted or have an event of their own.
struct Series: Sendable {
    let span: Span
    let start: LocalDateTime
    /// Completed by the start.
    let rule: Recurrence
    /// The last time that counts, by the event's clock.
    let last: Int
    /// The same as a moment, where the rule gives one.
    let lastMoment: Timestamp
    let excepted: Exceptions
    let text: Int32
    let event: Int32

    /// What a series leaves out.
    struct Exceptions: Hashable, Sendable {
        var moments: Set<Timestamp> = []
        /// Days since 1970: all that begins on one of them by the event's clock.
        var days: Set<Int> = []

        var isEmpty: Bool { moments.isEmpty && days.isEmpty }
    }

    /// The end of the year 9999.
    static let endOfTime = 253_402_300_799

    /// How many times a rule with a COUNT is counted at most.
    static let mostCounted = 10_000

    /// The last time of a rule by its clock; nil where it cannot be counted.
    ///
    /// - Parameter budget: of times that may be counted; what was is taken from it.
    static func last(of rule: Recurrence, _ whole: Recurrence, from start: LocalDateTime, budget: inout Int) -> Int? {
        guard let count = rule.count else { return endOfTime }
        if rule.isPlain, let step = rule.step {
            let (length, overflow) = step.multipliedReportingOverflow(by: count - 1)
            let (last, more) = start.secondsSince1970.addingReportingOverflow(length)
            return overflow || more ? endOfTime : min(last, endOfTime)
        }
        var cursor = RecurrenceCursor(whole, start: start, last: endOfTime, from: start.secondsSince1970)
        var last = start.secondsSince1970
        guard count <= Self.mostCounted else { return nil }
        for _ in 0..<count {
            budget -= 1
            guard budget > 0 else { return nil }
            guard let next = cursor.next() else { return last }
            last = next
        }
        return last
    }

    /// How far before a moment a time may be, by the clock, that is not past then: clocks are put forward and back meanwhile, by a
    /// day at most.
    var margin: Int { rule.frequency < .daily ? 3 * 3600 : 2 * 86_400 }

    /// How many times have to be looked at to find those that are on at a moment; an upper bound.
    var crowd: Int {
        let length = span.length.shown + span.length.passing + margin
        let unit = [1, 60, 3600, 86_400, 7 * 86_400, 28 * 86_400, 365 * 86_400][rule.frequency.rawValue]
        let (period, overflow) = unit.multipliedReportingOverflow(by: rule.interval)
        let days = [1, 1, 1, 1, 7, 31, 366][rule.frequency.rawValue]
        let times = max(1, rule.hours.count) * max(1, rule.minutes.count) * max(1, rule.seconds.count)
        let most = rule.positions.isEmpty ? days * times : min(rule.positions.count, days * times)
        return (overflow ? 0 : length / period) * most
    }
}

/// Walks through the times of a series, by moments.
struct SeriesCursor: Sendable {
    private let series: Series
    private var cursor: RecurrenceCursor
    /// Times that clocks are put forward over lie, as moments, behind later ones: they wait here until they are next.
    private var early: [Occurrence] = []
    private var ready: ArraySlice<Occurrence> = []
    private var newest = Timestamp.distantPast
    private var isOver = false

    /// - Parameter time: what ends before it, or at it, is passed over; it may still come.
    init(_ series: Series, from time: Timestamp) {
        self.series = series
        let (length, zone) = (series.span.length, series.span.zone)
        // What ends later than at the time has come to the end that the clock shows later than this.
        let shown = time - .seconds(Int64(length.passing))
        let bound = zone.local(shown).secondsSince1970 - length.shown
        let days = Duration.seconds(2 * 86_400)
        let isCalm = zone.offset(at: shown - days) == zone.offset(at: shown + days)
        cursor = RecurrenceCursor(
            series.rule, start: series.start, last: series.last, from: isCalm ? bound : bound - series.margin)
    }

    mutating func next() -> Occurrence? {
        while true {
            while let next = ready.popFirst() {
                guard next.start > newest else { continue }
                newest = next.start
                guard next.start <= series.lastMoment else { return nil }
                if !series.excepted.moments.contains(next.start) { return next }
            }
            if isOver { return nil }
            step()
        }
    }

    private mutating func step() {
        guard let local = cursor.next() else {
            isOver = true
            release(before: .distantFuture)
            return
        }
        let day = local.floored(by: 86_400)
        if series.excepted.days.contains(day) { return cursor.skip(to: (day + 1) * 86_400) }
        let occurrence = series.span.occurrence(local, text: series.text, event: series.event)
        if case .never(let change) = series.span.zone.moments(of: LocalDateTime(secondsSince1970: local)),
            !series.span.isAllDay
        {
            release(before: change)
            early.append(occurrence)
        } else if early.isEmpty {
            ready = [occurrence]
        } else {
            early.append(occurrence)
            release(before: occurrence.start + Duration(microseconds: 1))
        }
    }

    /// Of what waits, nothing that is still to come is earlier.
    private mutating func release(before time: Timestamp) {
        early.sort(by: Occurrence.precedes)
        let count = early.firstIndex { $0.start >= time } ?? early.count
        ready = early[..<count]
        early.removeFirst(count)
    }
}
