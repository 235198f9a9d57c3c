import Komoku
import KomokuCalendar
import KomokuExpression
import KomokuStore
import Testing

@testable import KomokuRules

/// Triggers and conditions that go by calendars, on the clock of a house.
struct CalendarTriggerTests {
    /// 2023-11-14 22:13:20 UTC, at which the houses begin.
    private static let start = Timestamp(microseconds: 1_700_000_000_000_000)

    /// Events of whole minutes after the start: `10 20 lunch`.
    private static func calendar(_ events: String...) -> EventCalendar {
        let lines = events.map { event in
            let parts = event.split(separator: " ", maxSplits: 2)
            func time(_ minutes: Substring) -> String {
                let time = start + .seconds((Int64(minutes) ?? 0) * 60)
                let digits = Zone.utc.local(time).description.filter(\.isNumber)
                return "\(digits.prefix(8))T\(digits.suffix(6))Z"
            }
            return
                "BEGIN:VEVENT\nUID:\(event)\nDTSTART:\(time(parts[0]))\nDTEND:\(time(parts[1]))\nSUMMARY:\(parts[2])\n"
                + "LOCATION:there\nEND:VEVENT\n"
        }
        let text = "BEGIN:VCALENDAR\n\(lines.joined())END:VCALENDAR\n"
        return EventCalendar(Array(text.utf8), zone: .utc) { _ in nil }
    }

    private static func read(
        _ text: String, _ calendar: EventCalendar?, holidays: [Holidays.Day] = []
    ) throws -> RuleSet {
        var environment = RuleEnvironment(
            key: { _ in nil }, candidates: { [] }, warnsOfUnknown: false)
        environment.calendars = HouseCalendars(
            calendar.map { ["c": $0] } ?? [:], holidays: Holidays(holidays, calendars: [], zone: .utc))
        let read = RuleText(text, environment: environment)
        try #require(read.errors.isEmpty, "\(read.errors)")
        return read.set
    }

    private static func text(_ trigger: String, _ options: String = "") -> String {
        "rules: [{name: a, when: {calendar: c, \(trigger)}, mode: {queued: 50}, \(options)"
            + "then: {log: '{trigger.event} {trigger.summary} {trigger.location} {(trigger.end - trigger.start) / 60}'}}]"
    }

    @Test func `each event fires, at its start or end, or so long before or after`() async throws {
        let calendar = Self.calendar("10 20 one", "10 40 two", "15 15 three")
        for (trigger, expected) in [
            ("event: start", [10: ["one there 10", "two there 30"], 15: ["three there 0"]]),
            ("event: end", [15: ["three there 0"], 20: ["one there 10"], 40: ["two there 30"]]),
            ("event: start, offset: -4m", [6: ["one there 10", "two there 30"], 11: ["three there 0"]]),
            ("event: end, offset: 1h", [75: ["three there 0"], 80: ["one there 10"], 100: ["two there 30"]]),
        ] {
            try await EngineHouse.run(Self.read(Self.text(trigger), calendar)) { house in
                for minute in 1...110 {
                    await house.advance(.seconds(60))
                    let edge = trigger.contains("end") ? "end" : "start"
                    #expect(house.done == (expected[minute] ?? []).map { "a: \(edge) \($0)" }, "\(trigger), \(minute)")
                }
            }
        }
    }

    @Test func `becomes and wait_until look at the moment at which an event begins and ends`() async throws {
        let rules = """
            rules:
              - {name: on, when: {becomes: "calendar('c')"}, then: {log: "on {calendar_event('c') ?? '-'}"}}
              - {name: off, when: {becomes: "not calendar('c')"}, then: {log: "off {calendar_event('c') ?? '-'}"}}
              - {name: soon, when: {becomes: "calendar_next('c') - now < 3m"}, then: {log: soon}}
              - {name: wait, when: {start: true}, then: [{wait_until: "calendar_event('c') = 'two'"}, {log: two}]}
            """
        try await EngineHouse.run(Self.read(rules, Self.calendar("10 20 one", "20 30 two"))) { house in
            await house.advance(.seconds(7 * 60 - 1))
            #expect(house.done == [])
            await house.advance(.seconds(2))
            #expect(house.done == ["soon: soon"])
            await house.advance(.seconds(3 * 60 - 2))
            #expect(house.done == [])
            await house.advance(.seconds(1))
            #expect(house.done == ["on: on one"])
            await house.advance(.seconds(600))
            #expect(Set(house.done).subtracting(["soon: soon"]) == ["wait: two"])
            await house.advance(.seconds(600))
            #expect(house.done == ["off: off -"])
        }
    }

    @Test func `what began while the hub was down is made up for by the policy of schedules`() async throws {
        let calendar = Self.calendar("10 90 one", "11 90 two", "12 90 three", "13 90 four")
        let usual = try Self.read(Self.text("event: start"), calendar)
        // Down from minute 9 to 16: four to six minutes late; five are usual.
        try await EngineHouse.run(usual) { house in
            await house.advance(.seconds(540))
            try await house.restart(usual, after: .seconds(420))
            #expect(house.done == ["a: start two there 79", "a: start three there 78", "a: start four there 77"])
            #expect(house.records.first?.hasPrefix("a missed: the hub was down, 6m") == true)
            try await house.restart(usual, after: .seconds(1))
            #expect(house.done == [])
        }
        let never = try Self.read(Self.text("event: start", "max_outage: 0s, "), calendar)
        try await EngineHouse.run(never) { house in
            await house.advance(.seconds(540))
            try await house.restart(never, after: .seconds(130))
            #expect(house.done == [])
            await house.advance(.seconds(60))
            #expect(house.done == ["a: start three there 78"])
        }
    }

    @Test func `an event that was moved or is gone fires when the calendar says, after a reload and after a restart`()
        async throws
    {
        let text = Self.text("event: start")
        let sets = try [
            Self.calendar("10 20 one"), Self.calendar("15 20 one"), Self.calendar("5 20 past", "12 20 one"), .empty,
        ].map { try Self.read(text, $0) }
        for isReload in [true, false] {
            try await EngineHouse.run(sets[0]) { house in
                func take(_ set: RuleSet) async throws {
                    if isReload {
                        _ = await house.on { hub, engine in engine.replace(set, in: hub) }
                    } else {
                        try await house.restart(set)
                    }
                }
                await house.advance(.seconds(540))
                try await take(sets[1])
                await house.advance(.seconds(120))
                #expect(house.done == [])
                try await take(sets[2])
                await house.advance(.seconds(60))
                #expect(house.done == ["a: start one there 8"])
                try await take(sets[0])
                try await take(sets[3])
                await house.advance(.seconds(3600), step: .seconds(600))
                #expect(house.done == [])
            }
        }
    }

    @Test func `a reload with other events is news to becomes`() async throws {
        let rules = "rules: [{name: a, when: {becomes: \"calendar('c')\"}, then: {log: now}}]"
        let (none, some) = (try Self.read(rules, .empty), try Self.read(rules, Self.calendar("-5 60 one")))
        try await EngineHouse.run(none) { house in
            _ = await house.on { hub, engine in engine.replace(some, in: hub) }
            #expect(house.done == ["a: now"])
            _ = await house.on { hub, engine in engine.replace(some, in: hub) }
            #expect(house.done == [])
        }
    }

    @Test func `a clock that is set forward over events fires once, one that is set back not again`() async throws {
        let calendar = Self.calendar("10 12 one", "20 22 two", "60 62 three")
        try await EngineHouse.run(Self.read(Self.text("event: start"), calendar)) { house in
            await house.advance(.seconds(660))
            #expect(house.done == ["a: start one there 2"])
            await house.jump(.seconds(-300))
            await house.advance(.seconds(300))
            #expect(house.done == [])
            await house.jump(.seconds(1800))
            #expect(house.done == ["a: start two there 2"])
        }
    }

    @Test func `schedules leave holidays out, or come on them only`() async throws {
        let days: [Holidays.Day] = [.init(.yearly(month: 11, day: 16), name: "Fair")]
        let rules = """
            rules:
              - {name: except, when: {at: '06:00', except: holidays}, then: {log: "{day}"}}
              - {name: only, when: {at: '06:00', only: holidays}, then: {log: "{day} {holiday_name() ?? '-'}"}}
              - {name: work, when: {at: '06:00', days: workdays}, then: {log: "{day} {holiday(1)}"}}
              - {name: free, when: {at: '06:00', days: [sat, sun, holidays]}, then: {log: "{day}"}}
              - {name: cron, when: {cron: '0 7 * * *', only: holidays}, then: {log: "{day}"}}
            """
        // From Tuesday evening to Sunday evening.
        try await EngineHouse.run(Self.read(rules, nil, holidays: days)) { house in
            await house.advance(.seconds(5 * 86_400), step: .seconds(3600))
            // Of what is due at one moment any may be first.
            #expect(
                house.done.sorted()
                    == [
                        "except: 15", "work: 15 true", "only: 16 Fair", "free: 16", "cron: 16", "except: 17",
                        "work: 17 false",
                        "except: 18", "free: 18", "except: 19", "free: 19",
                    ].sorted())
        }
    }
}
