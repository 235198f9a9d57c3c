import Komoku
import KomokuTesting
import Testing

@testable import KomokuCalendar

@Suite struct RecurrenceCursorTests {
    struct Case {
        let start: LocalDateTime
        let text: String
        let times: [Int]
    }

    static func local(_ text: Substring) -> LocalDateTime {
        WrittenTime(parsing: text)?.local ?? LocalDateTime(secondsSince1970: 0)
    }

    static func cases() throws -> [Case] {
        try Golden.lines("rrules.txt").filter { !$0.isEmpty }.map { line in
            let parts = line.split(separator: "|", omittingEmptySubsequences: false)
            let times = parts[2].split(separator: " ").map { local($0).secondsSince1970 }
            return Case(start: local(parts[0]), text: String(parts[1]), times: times)
        }
    }

    static func rule(_ text: String) throws -> Recurrence {
        try Recurrence(parsing: text) { WrittenTime(parsing: $0).map { .local($0.local.secondsSince1970) } }
    }

    static func last(_ rule: Recurrence, _ start: LocalDateTime) -> Int {
        var budget = Series.mostCounted
        let counted = Series.last(of: rule, rule.completed(by: start), from: start, budget: &budget) ?? 0
        if case .local(let until)? = rule.until { return min(until, counted) }
        return counted
    }

    @Test func timesAreThoseOfAnotherProgram() throws {
        let cases = try Self.cases()
        #expect(cases.count >= 900)
        for item in cases {
            let rule = try Self.rule(item.text)
            var cursor = RecurrenceCursor(
                rule.completed(by: item.start), start: item.start, last: Self.last(rule, item.start),
                from: item.start.secondsSince1970)
            // The other program stops 40 years after the start, and after 40 times.
            var found: [Int] = []
            while found.count < 40, let next = cursor.next(),
                LocalDateTime(secondsSince1970: next).date.year <= item.start.date.year + 40
            {
                found.append(next)
            }
            if found != item.times {
                let shown = found.prefix(5).map { LocalDateTime(secondsSince1970: $0).description }
                Issue.record("\(item.start) \(item.text): \(shown), \(found.count) of \(item.times.count)")
            }
        }
    }

    /// Where one begins to look in the middle, what comes is the same.
    @Test func aLateLookFindsTheSameTimes() throws {
        var random = SplitMix(seed: 7)
        for item in try Self.cases() where item.times.count > 1 {
            let rule = try Self.rule(item.text)
            for _ in 0..<2 {
                let place = Int.random(in: 0..<item.times.count, using: &random)
                let before = place > 0 ? item.times[place - 1] + 1 : item.start.secondsSince1970
                let bound = Int.random(in: before...item.times[place], using: &random)
                var cursor = RecurrenceCursor(
                    rule.completed(by: item.start), start: item.start, last: Self.last(rule, item.start), from: bound)
                let found = (place..<item.times.count).compactMap { _ in cursor.next() }
                if found != Array(item.times[place...]) { Issue.record("\(item.start) \(item.text) from \(bound)") }
            }
        }
    }

    @Test(arguments: [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4", "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=3",
        "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=3", "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
        "FREQ=MINUTELY;INTERVAL=999999999;BYSECOND=1", "FREQ=YEARLY;INTERVAL=1000000000",
        "FREQ=DAILY;BYSETPOS=2", "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
    ])
    func whatNeverComesIsGivenUpSoon(text: String) throws {
        let start = LocalDateTime(secondsSince1970: 1_800_000_000)
        let rule = try Self.rule(text)
        let spent = ThreadTime.measure {
            var cursor = RecurrenceCursor(
                rule.completed(by: start), start: start, last: Series.endOfTime, from: start.secondsSince1970 + 1)
            #expect(cursor.next() == nil || text.contains("MINUTELY"))
        }
        #expect(spent < .seconds(2))
    }

    @Test(arguments: [
        "", "FREQ=SOMETIMES", "INTERVAL=2", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;BYMONTH=", "FREQ=YEARLY;BYDAY=99MO",
        "FREQ=DAILY;UNTIL=x",
        "FREQ=DAILY;COUNT=1;UNTIL=20260101", "FREQ=DAILY;INTERVAL=99999999999999999999", "FREQ",
    ])
    func whatIsNoRuleIsRefused(text: String) {
        #expect(throws: Recurrence.Invalid.self) { try Self.rule(text) }
    }
}
