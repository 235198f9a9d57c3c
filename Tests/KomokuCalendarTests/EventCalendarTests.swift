import Komoku
import KomokuCalendar
import KomokuTesting
import Testing

@testable import KomokuCalendar

@Suite struct EventCalendarTests {
    static func time(_ text: String) -> Timestamp { Golden.time(text) }

    private struct Case {
        var text = ""
        var found: [String] = []
    }

    private static func cases() throws -> [Case] {
        var cases: [Case] = []
        var (current, isText) = (Case(), true)
        for line in try Golden.lines("calendars.txt") {
            if line == "BEGIN:VCALENDAR", !current.text.isEmpty {
                cases.append(current)
                current = Case()
            }
            if line == "BEGIN:VCALENDAR" { isText = true }
            if isText {
                current.text += line + "\n"
                if line == "END:VCALENDAR" { isText = false }
            } else if !line.isEmpty {
                current.found.append(String(line))
            }
        }
        return cases + [current]
    }

    @Test func eventsAreThoseOfAnotherProgram() throws {
        let cases = try Self.cases()
        #expect(cases.count == 40)
        for (index, item) in cases.enumerated() {
            let calendar = Golden.calendar(item.text)
            #expect(calendar.faults == [])
            let found = calendar.written(from: Self.time("2025-09-01T00:00:00Z"), to: Self.time("2027-01-01T00:00:00Z"))
            let (mine, others) = (Set(found), Set(item.found))
            if mine != others {
                Issue.record("\(index): missing \(others.subtracting(mine)), too many \(mine.subtracting(others))")
            }
            #expect(mine.count == found.count)
        }
    }

    /// Against all times in a list: whatever the order of the questions.
    @Test func questionsAtAnyTimeAreAnsweredAsByAList() throws {
        var random = SplitMix(seed: 3)
        let (first, end) = (Self.time("2025-10-01T00:00:00Z"), Self.time("2026-12-01T00:00:00Z"))
        for item in try Self.cases() {
            let calendar = Golden.calendar(item.text)
            // An event that comes once a year is at least two years away.
            let all = calendar.occurrences(
                from: first - .seconds(40 * 86_400), to: end + .seconds(800 * 86_400), limit: 9999)
            var time = first
            for _ in 0..<25 {
                let edges = all.flatMap { [$0.start, $0.end] }
                // In general onward, at times back; near an edge as a rule.
                if Int.random(in: 0..<10, using: &random) == 0 {
                    time = Timestamp(microseconds: .random(in: first.microseconds..<end.microseconds, using: &random))
                } else if let edge = edges.filter({ $0 > time && $0 < end }).min() {
                    time = edge + Duration(microseconds: [-1, 0, 1].randomElement(using: &random) ?? 0)
                } else {
                    time = first
                }
                let running = all.filter { $0.start <= time && time < $0.end }
                #expect(calendar.running(at: time) == running)
                let next = { (times: [Timestamp]) in times.filter { $0 > time }.min() }
                #expect(calendar.next(.start, after: time) == next(all.map(\.start)))
                #expect(calendar.next(.end, after: time) == next(all.map(\.end)))
                #expect(calendar.events(.start, at: time) == all.filter { $0.start == time })
                #expect(calendar.events(.end, at: time) == all.filter { $0.end == time })
            }
        }
    }

    @Test func textsAreUnfoldedAndUnescaped() {
        let calendar = Golden.events(
            """
            BEGIN:VEVENT
            DTSTART:20261224T180000
            DTEND:20261224T190000
            SUMMARY;LANGUAGE="en:x;y":Mu\r
             sic\\, tea\\; \\\\o/\\nand
            \tmore
            LOCATION:Café
            DESCRIPTION:one
            BEGIN:VALARM
            DESCRIPTION:not this
            DURATION:PT5H
            END:VALARM
            END:VEVENT
            """)
        let found = calendar.running(at: Self.time("2026-12-24T18:30:00+01:00")).map(calendar.text)
        #expect(found == [EventText(summary: "Music, tea; \\o/\nandmore", location: "Café", description: "one")])
        #expect(calendar.faults == [])
    }

    @Test(arguments: [
        ("Europe/Berlin", "2026-07-01T10:00:00+02:00"), ("W. Europe Standard Time", "2026-07-01T10:00:00+02:00"),
        ("/mozilla.org/20050126_1/America/New_York", "2026-07-01T10:00:00-04:00"),
        ("Own", "2026-07-01T10:00:00+05:00"), ("Sydney", "2026-07-01T10:00:00+10:00"),
        ("Nowhere", "2026-07-01T10:00:00+02:00"),
    ])
    func zonesAreFoundByTheNamesOfOthers(id: String, time: String) {
        let calendar = Golden.events(
            """
            BEGIN:VTIMEZONE
            TZID:Own
            BEGIN:STANDARD
            DTSTART:16010101T030000
            TZOFFSETFROM:+0500
            TZOFFSETTO:+0400
            RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
            END:STANDARD
            BEGIN:DAYLIGHT
            DTSTART:16010101T020000
            TZOFFSETFROM:+0400
            TZOFFSETTO:+0500
            RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
            END:DAYLIGHT
            END:VTIMEZONE
            BEGIN:VTIMEZONE
            TZID:Sydney
            X-LIC-LOCATION:Australia/Sydney
            END:VTIMEZONE
            BEGIN:VEVENT
            DTSTART;TZID="\(id)":20260701T100000
            DURATION:PT1H
            END:VEVENT
            """)
        #expect(calendar.next(.start, after: .distantPast + .seconds(1)) == Self.time(time))
        #expect(calendar.faults.count == (id == "Nowhere" ? 1 : 0))
    }

    /// The night shift ends at six on the clock in both nights in which clocks change; a duration is as long as it says.
    @Test func clocksThatChangeMoveAnEventsEnd() {
        let shift = Golden.events(
            "BEGIN:VEVENT\nDTSTART;TZID=Europe/Berlin:20260101T220000\nDTEND;TZID=Europe/Berlin:20260102T060000\n"
                + "RRULE:FREQ=DAILY\nEND:VEVENT")
        let spring = Self.time("2026-03-28T23:00:00+01:00")
        #expect(shift.next(.end, after: spring) == Self.time("2026-03-29T06:00:00+02:00"))
        #expect(
            shift.next(.end, after: Self.time("2026-10-24T23:00:00+02:00")) == Self.time("2026-10-25T06:00:00+01:00"))
        let eight = Golden.events("BEGIN:VEVENT\nDTSTART:20260101T220000\nDURATION:PT8H\nRRULE:FREQ=DAILY\nEND:VEVENT")
        #expect(eight.next(.end, after: spring) == Self.time("2026-03-29T07:00:00+02:00"))
    }

    @Test func aTimeThatClocksLeaveOutOrShowTwiceComesOnce() {
        let calendar = Golden.events(
            "BEGIN:VEVENT\nDTSTART:20260101T023000\nDTEND:20260101T024500\nRRULE:FREQ=DAILY\nEND:VEVENT")
        let spring = calendar.written(from: Self.time("2026-03-28T12:00:00Z"), to: Self.time("2026-03-30T12:00:00Z"))
        #expect(spring == ["20260329T013000Z 20260329T014500Z ", "20260330T003000Z 20260330T004500Z "])
        let autumn = calendar.written(from: Self.time("2026-10-24T12:00:00Z"), to: Self.time("2026-10-26T12:00:00Z"))
        #expect(autumn == ["20261025T003000Z 20261025T004500Z ", "20261026T013000Z 20261026T014500Z "])
    }

    @Test func timesBeforeAndInTheLeftOutHourAscend() {
        let calendar = Golden.events(
            "BEGIN:VEVENT\nDTSTART:20260101T000000\nDURATION:PT1M\nRRULE:FREQ=MINUTELY;INTERVAL=20\nEND:VEVENT")
        let starts = calendar.occurrences(
            from: Self.time("2026-03-29T00:00:00Z"), to: Self.time("2026-03-29T03:00:00Z"), limit: 99
        ).map { Golden.utc($0.start).dropFirst(9) }
        #expect(
            starts == [
                "000000Z", "002000Z", "004000Z", "010000Z", "012000Z", "014000Z", "020000Z", "022000Z", "024000Z",
            ])
    }

    @Test func aDayIsTheHousesWhateverItsMidnight() {
        let text = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20180101\nRRULE:FREQ=DAILY\nEND:VEVENT"
        // Clocks there went from 24:00 to 01:00 on the 4th of November.
        let brazil = Golden.events(text, zone: "America/Sao_Paulo")
        let start = brazil.next(.start, after: Self.time("2018-11-03T12:00:00Z"))
        #expect(start == Self.time("2018-11-04T03:00:00Z"))
        #expect(brazil.next(.end, after: Self.time("2018-11-04T12:00:00Z")) == Self.time("2018-11-05T02:00:00Z"))
    }

    @Test(arguments: [
        ("RRULE:FREQ=DAILY;UNTIL=20260103", 3), ("RRULE:FREQ=DAILY;UNTIL=20260103T170000Z", 3),
        ("RRULE:FREQ=DAILY;UNTIL=20260103T165959Z", 2), ("RRULE:FREQ=DAILY;UNTIL=20260103T180000", 3),
        ("RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260102T180000", 3),
        ("RRULE:FREQ=DAILY;COUNT=4\nEXDATE;VALUE=DATE:20260102", 3),
        ("RDATE:20260102T180000,20260103T180000", 3), ("RDATE;VALUE=PERIOD:20260102T170000Z/PT3H", 2),
        ("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=DAILY;INTERVAL=2;COUNT=2", 3), ("STATUS:CANCELLED", 0),
        ("RRULE:FREQ=HOURLY;COUNT=0", 1), ("RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 1),
    ])
    func eventsComeAsOftenAsTheySay(lines: String, count: Int) {
        let calendar = Golden.events("BEGIN:VEVENT\nDTSTART:20260101T180000\nDURATION:PT1H\n\(lines)\nEND:VEVENT")
        let found = calendar.occurrences(
            from: Self.time("2025-12-01T00:00:00Z"), to: Self.time("2026-12-01T00:00:00Z"), limit: 99)
        #expect(found.count == count)
    }
}
