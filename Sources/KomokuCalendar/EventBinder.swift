import Komoku

/// Makes events of drafts: finds their zones, and checks what they say.
struct EventBinder {
    private var zones: ZoneTable
    private(set) var texts: [EventText] = []
    private(set) var singles: [Occurrence] = []
    private(set) var series: [Series] = []
    private(set) var faults = CalendarFaults()
    /// Times that rules with a COUNT may still be counted for.
    private var budget = Self.usualBudget
    private var singleCount = 0

    private static let usualBudget = 100_000
    /// Times of events that are listed one by one.
    private static let maximumSingles = 200_000
    /// Times of one event that have to be looked at where it is asked for, and of all of a file.
    private static let (maximumCrowd, maximumCrowds) = (20_000, 50_000)
    private var crowds = 0
    private var deadRules = 0
    /// To see that one never comes takes a while.
    private static let maximumDeadRules = 30

    init(_ zones: ZoneTable) {
        self.zones = zones
    }

    /// When an event or a time of it begins.
    struct Moment {
        let written: WrittenTime
        let zone: Zone
    }

    /// An event with the times of it that have one of their own.
    private struct Group {
        var master: EventDraft?
        var overrides: [EventDraft] = []
    }

    /// Puts together what has one UID.
    mutating func bind(_ drafts: [EventDraft]) {
        var groups: [Group] = []
        var places: [String: Int] = [:]
        for draft in drafts {
            guard let uid = draft.uid else {
                groups.append(Group(master: draft))
                continue
            }
            guard let place = places[uid] else {
                places[uid] = groups.count
                groups.append(draft.recurrenceID == nil ? Group(master: draft) : Group(overrides: [draft]))
                continue
            }
            if draft.recurrenceID != nil {
                groups[place].overrides.append(draft)
            } else if let master = groups[place].master {
                // A newer version of the same, or another one by a program that gives all of them one name.
                if master.sequence == draft.sequence {
                    groups.append(Group(master: draft))
                } else if draft.sequence > master.sequence {
                    groups[place].master = draft
                }
            } else {
                groups[place].master = draft
            }
        }
        for (index, group) in groups.enumerated() { bind(group, event: Int32(index)) }
        faults.add(zones.faults)
    }

    private mutating func bind(_ group: Group, event: Int32) {
        if group.master?.isCancelled ?? false { return }
        var excepted = Series.Exceptions()
        for draft in newest(group.overrides) {
            guard let id = draft.recurrenceID else { continue }
            guard let moment = moment(id) else {
                faults.add(id.number, "RECURRENCE-ID is no time", remedy: Self.timeRemedy)
                continue
            }
            if id.parameters["RANGE"] != nil {
                faults.add(id.number, "a change of all later times counts for its first one only here")
            }
            except(moment, group.master, &excepted)
            if !draft.isCancelled { bindOne(draft, event: event, excepted: nil) }
        }
        if let master = group.master { bindOne(master, event: event, excepted: excepted) }
    }

    /// Of several versions of one time the newest.
    private func newest(_ overrides: [EventDraft]) -> [EventDraft] {
        if overrides.count < 2 { return overrides }
        var found: [String: EventDraft] = [:]
        for draft in overrides {
            let id = draft.recurrenceID.map { "\($0.parameters["TZID"] ?? "") \($0.plain)" } ?? ""
            if found[id].map({ $0.sequence <= draft.sequence }) ?? true { found[id] = draft }
        }
        return found.values.sorted { $0.line < $1.line }
    }

    /// - Parameter excepted: nil for one time of an event, which does not come again.
    private mutating func bindOne(_ draft: EventDraft, event: Int32, excepted: Series.Exceptions?) {
        guard let startLine = draft.start, let start = moment(startLine) else {
            let line = draft.start?.number ?? draft.line
            faults.add(line, "this event has no start that can be read", remedy: Self.timeRemedy)
            return
        }
        let length = length(of: draft, start)
        let span = Span(zone: start.zone, isAllDay: start.written.isDate, length: length)
        let text = Int32(texts.count)
        texts.append(draft.text)
        guard var excepted else {
            return add(span.occurrence(start.written.local.secondsSince1970, text: text, event: event), draft.line)
        }
        for line in draft.exceptions {
            for moment in moments(line) { except(moment, draft, &excepted) }
        }
        var all = [start.written.local.secondsSince1970].map { span.occurrence($0, text: text, event: event) }
        for line in draft.dates { all += dates(line, span, text: text, event: event) }
        for occurrence in all where !excepted.covers(occurrence, in: span.zone) { add(occurrence, draft.line) }
        for line in draft.rules {
            add(line, draft, start, span, excepted, text: text, event: event)
        }
    }

    private mutating func add(_ occurrence: Occurrence, _ line: Int) {
        singleCount += 1
        guard singleCount <= Self.maximumSingles else {
            if singleCount == Self.maximumSingles + 1 {
                faults.add(line, "there are more than \(Self.maximumSingles) times; the rest is left out")
            }
            return
        }
        singles.append(occurrence)
    }

    private mutating func add(
        _ line: ContentLine, _ draft: EventDraft, _ start: Moment, _ span: Span, _ excepted: Series.Exceptions,
        text: Int32, event: Int32
    ) {
        do throws(Recurrence.Invalid) {
            var rule = try Recurrence(parsing: line.plain) { Self.until($0, start, house: zones.house) }
            if span.isAllDay {
                guard rule.frequency >= .daily else {
                    throw Recurrence.Invalid(reason: "an event of whole days cannot come again within a day")
                }
                (rule.hours, rule.minutes, rule.seconds) = ([], [], [])
            }
            let whole = rule.completed(by: start.written.local)
            let counted = Series.last(of: rule, whole, from: start.written.local, budget: &budget)
            if counted == nil {
                faults.add(line.number, "COUNT is too large to be counted, so the event has no end")
            }
            var last = counted ?? Series.endOfTime
            var lastMoment = Timestamp.distantFuture
            switch rule.until {
            case .local(let seconds)?: last = min(last, seconds)
            case .time(let time)?:
                lastMoment = time
                last = min(last, span.zone.local(time).secondsSince1970 + 2 * 86_400)
            case nil: break
            }
            let series = Series(
                span: span, start: start.written.local, rule: whole, last: last, lastMoment: lastMoment,
                excepted: excepted, text: text, event: event)
            try take(series)
        } catch {
            faults.add(
                line.number, "RRULE cannot be used: \(error.reason); the event counts once",
                remedy: "write RRULE:FREQ=WEEKLY;BYDAY=MO")
        }
    }

    private mutating func take(_ series: Series) throws(Recurrence.Invalid) {
        crowds += series.crowd
        guard series.crowd <= Self.maximumCrowd, crowds <= Self.maximumCrowds else {
            crowds -= series.crowd
            throw Recurrence.Invalid(reason: "it comes too often for a calendar")
        }
        guard deadRules < Self.maximumDeadRules else {
            throw Recurrence.Invalid(reason: "\(deadRules) rules of this file never come")
        }
        var cursor = RecurrenceCursor(
            series.rule, start: series.start, last: series.last, from: series.start.secondsSince1970)
        // A search that ends without a result takes a while: rules that need one are not kept.
        guard cursor.next() != nil else {
            deadRules += 1
            throw Recurrence.Invalid(reason: "it never comes")
        }
        if cursor.next() == nil, cursor.gaveUp {
            deadRules += 1
            throw Recurrence.Invalid(reason: "it does not come again for a century")
        }
        self.series.append(series)
    }

    // MARK: Times

    private static let timeRemedy = "write DTSTART:20261224T180000, or DTSTART;VALUE=DATE:20261224"

    private mutating func moment(_ line: ContentLine) -> Moment? {
        guard let written = WrittenTime(parsing: line.plain) else { return nil }
        return moment(written, line)
    }

    private mutating func moment(_ written: WrittenTime, _ line: ContentLine) -> Moment {
        // Days are those of the house, wherever they were written.
        Moment(written: written, zone: written.isUTC ? .utc : written.isDate ? zones.house : zones.zone(of: line))
    }

    /// A list of times, and of periods of which the start counts.
    private mutating func moments(_ line: ContentLine) -> [Moment] {
        line.value.split(separator: UInt8(ascii: ","), maxSplits: Self.maximumSingles).compactMap { bytes in
            let text = String(decoding: bytes.prefix(64), as: UTF8.self).trimmed.prefix { $0 != "/" }
            guard let written = WrittenTime(parsing: text) else {
                faults.add(line.number, "'\(text.prefix(40))' is no time", remedy: Self.timeRemedy)
                return nil
            }
            return moment(written, line)
        }
    }

    private mutating func dates(_ line: ContentLine, _ span: Span, text: Int32, event: Int32) -> [Occurrence] {
        let ends = line.value.split(separator: UInt8(ascii: ","), maxSplits: Self.maximumSingles)
            .map { String(decoding: $0.prefix(64), as: UTF8.self).split(separator: "/", maxSplits: 1).last ?? "" }
        let moments = moments(line)
        let hasPeriods = line.parameters["VALUE"]?.uppercased() == "PERIOD" && ends.count == moments.count
        return moments.enumerated().map { index, moment in
            var length = span.length
            if hasPeriods { length = Self.length(ofPeriod: String(ends[index]), moment) ?? length }
            let own = Span(zone: moment.zone, isAllDay: moment.written.isDate, length: length)
            return own.occurrence(moment.written.local.secondsSince1970, text: text, event: event)
        }
    }

    private static func length(ofPeriod end: String, _ start: Moment) -> EventLength? {
        if let length = EventLength(parsing: end.trimmed) { return length }
        guard let written = WrittenTime(parsing: end.trimmed) else { return nil }
        let seconds = written.local.secondsSince1970 - start.written.local.secondsSince1970
        return EventLength(shown: min(max(0, seconds), EventLength.most))
    }

    private func except(_ moment: Moment, _ master: EventDraft?, _ excepted: inout Series.Exceptions) {
        let span = Span(zone: moment.zone, isAllDay: moment.written.isDate, length: EventLength())
        if moment.written.isDate {
            excepted.days.insert(moment.written.local.daysSince1970)
        } else {
            excepted.moments.insert(span.start(moment.written.local.secondsSince1970))
        }
    }

    private static func until(_ text: String, _ start: Moment, house: Zone) -> Recurrence.Until? {
        guard let written = WrittenTime(parsing: text) else { return nil }
        // A day counts whole; an event of whole days ends with the day on which the clocks of the house show the time.
        if written.isDate { return .local((written.local.daysSince1970 + 1) * 86_400 - 1) }
        guard written.isUTC else { return .local(written.local.secondsSince1970) }
        let time = Timestamp(microseconds: Int64(written.local.secondsSince1970) * 1_000_000)
        guard start.written.isDate else { return .time(time) }
        return .local((house.local(time).daysSince1970 + 1) * 86_400 - 1)
    }

    private mutating func length(of draft: EventDraft, _ start: Moment) -> EventLength {
        let usual = EventLength(shown: start.written.isDate ? 86_400 : 0)
        if let line = draft.end {
            guard let end = moment(line) else {
                faults.add(line.number, "DTEND is no time; the event counts as if it had none", remedy: Self.timeRemedy)
                return usual
            }
            let seconds = length(from: start, to: end)
            let found = min(max(0, seconds.shown + seconds.passing), EventLength.most)
            if found < seconds.shown + seconds.passing || seconds.shown + seconds.passing < 0 {
                faults.add(line.number, "the event ends before it begins, or later than in a century")
            }
            // A day that ends on itself is one whole day, as some programs write it.
            if start.written.isDate, found == 0 { return usual }
            return seconds.shown != 0 ? EventLength(shown: found) : EventLength(passing: found)
        }
        guard let line = draft.duration else { return usual }
        guard let length = EventLength(parsing: line.plain) else {
            faults.add(line.number, "DURATION is none; the event counts as if it had no end", remedy: "write PT1H30M")
            return usual
        }
        return length
    }

    /// By the clock, where both are of one zone: the end of an event that comes again is always at the same time of day.
    private func length(from start: Moment, to end: Moment) -> (shown: Int, passing: Int) {
        if start.zone == end.zone || start.written.isDate || end.written.isDate {
            return (end.written.local.secondsSince1970 - start.written.local.secondsSince1970, 0)
        }
        func moment(_ moment: Moment) -> Timestamp {
            Span(zone: moment.zone, isAllDay: false, length: EventLength()).start(
                moment.written.local.secondsSince1970)
        }
        return (0, Int((moment(end) - moment(start)).microseconds / 1_000_000))
    }
}

extension Series.Exceptions {
    /// - Parameter zone: in which the days are counted.
    func covers(_ occurrence: Occurrence, in zone: Zone) -> Bool {
        if isEmpty { return false }
        return moments.contains(occurrence.start) || days.contains(zone.local(occurrence.start).daysSince1970)
    }
}
