import Komoku
import KomokuCalendar
import KomokuTesting
import Testing

@testable import KomokuCalendar

/// Files that are broken, or meant to do harm: what can be read of them is, in bounded time.
@Suite struct HostileFileTests {
    private static let noon = Golden.time("2026-06-01T12:00:00Z")

    /// Reads a file and asks of it what the hub asks.
    private static func use(_ text: String, within limit: Swift.Duration = .seconds(8)) -> EventCalendar {
        let begun = ThreadTime.now
        let calendar = Golden.calendar(text)
        for time in [noon, noon + .seconds(1), noon + .seconds(86_400), noon + .seconds(400 * 86_400), noon] {
            _ = calendar.isOn(at: time)
            _ = calendar.nextChange(after: time)
            _ = calendar.events(.start, at: time)
        }
        _ = Holidays([], calendars: [calendar], zone: .utc).contains(CivilDate(daysSince1970: 20_000))
        #expect(ThreadTime.now - begun < limit)
        return calendar
    }

    private static func file(_ events: [String]) -> String {
        "BEGIN:VCALENDAR\n" + events.map { "BEGIN:VEVENT\n\($0)\nEND:VEVENT\n" }.joined() + "END:VCALENDAR\n"
    }

    private static let good = "DTSTART:20260601T100000Z\nDURATION:P1D\nSUMMARY:good"

    @Test(arguments: [
        "RRULE:FREQ=SECONDLY", "RRULE:FREQ=SECONDLY;COUNT=2147483647", "RRULE:FREQ=DAILY;BYDAY=MO;COUNT=2147483647",
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=MINUTELY\nDURATION:P36500D", "RRULE:FREQ=YEARLY;INTERVAL=1000000000;COUNT=2147483647",
        "RRULE:FREQ=YEARLY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5,6,7,8;BYSECOND=1,2,3,4,5,6,7;BYSETPOS=-1",
        "RRULE:FREQ=SECONDLY;BYSETPOS=3", "RRULE:FREQ=SECONDLY;INTERVAL=86399;BYSECOND=7;BYMINUTE=7;BYHOUR=7",
        "DTEND:99991231T235959Z", "DTEND:00010101T000000Z", "DURATION:P9999999999W", "DURATION:-PT1H",
        "RRULE:FREQ=DAILY;UNTIL=00000000",
    ])
    func manyEventsThatNeverEndOrNeverComeAreRead(line: String) {
        let bad = "DTSTART:20260101T000000Z\n\(line)"
        let calendar = Self.use(Self.file(Array(repeating: bad, count: 200) + [Self.good]), within: .seconds(20))
        let found = calendar.running(at: Self.noon).compactMap { calendar.text(of: $0).summary }
        #expect(found.contains("good"))
        #expect(calendar.faults.count <= 21)
    }

    @Test func eachSecondOfAYearIsExceptedByItsDay() {
        let days = (0..<3650).map { offset in
            CivilDate(daysSince1970: 20_454 + offset).description.filter(\.isNumber)
        }
        let rule = "DTSTART:20260101T000000Z\nRRULE:FREQ=SECONDLY\nEXDATE;VALUE=DATE:\(days.joined(separator: ","))"
        let calendar = Self.use(Self.file([rule, Self.good]))
        #expect(calendar.running(at: Self.noon).count == 1)
        #expect(calendar.next(.start, after: Self.noon) == Golden.time("2035-12-30T00:00:00Z"))
    }

    @Test func aRuleThatComesOnceInACenturyCountsOnce() {
        let rare =
            "DTSTART:20260601T070707Z\nDURATION:P1D\nSUMMARY:rare\n"
            + "RRULE:FREQ=SECONDLY;INTERVAL=86399;BYSECOND=7;BYMINUTE=7;BYHOUR=7"
        let calendar = Self.use(Self.file(Array(repeating: rare, count: 150)))
        #expect(calendar.running(at: Self.noon).count == 150)
        #expect(calendar.next(.start, after: Self.noon) == nil)
        #expect(calendar.faults.first?.message.contains("it does not come again for a century") == true)
    }

    @Test func longLinesAreRead() {
        let long = String(repeating: "x", count: 10_000_000)
        let folded = String(repeating: "y\n ", count: 200_000)
        let calendar = Self.use(
            Self.file(["SUMMARY:\(long)\n\(Self.good)", "SUMMARY:\(folded)\n\(Self.good)"]), within: .seconds(30))
        #expect(calendar.running(at: Self.noon).map { calendar.text(of: $0).summary?.utf8.count } == [1000, 1000])
    }

    @Test func componentsWithoutEndAndDeepOnesAreRead() {
        let deep = String(repeating: "BEGIN:VALARM\n", count: 5_000)
        let closed = deep + String(repeating: "END:VALARM\n", count: 5_000)
        let calendar = Self.use(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\n\(Self.good)\n\(deep)BEGIN:VEVENT\n\(closed)\(Self.good)\nEND:VEVENT\n"
                + "END:VEVENT\nEND:X\nBEGIN:VEVENT\n\(Self.good)\n")
        #expect(calendar.running(at: Self.noon).count == 2)
        #expect(
            calendar.faults.map(\.message) == [
                "this event has no END before the next one begins",
                "the file ends within this event, which is left out",
            ])
    }

    @Test func tooManyEventsAreCutAndSaid() {
        let calendar = Golden.calendar(
            Self.file(Array(repeating: "SUMMARY:x", count: ComponentReader.maximumEvents + 5)))
        #expect(calendar.faults.contains { $0.message == "there are more than 20000 events; the rest is left out" })
    }

    @Test func thousandsOfEventsAreAnsweredSoon() {
        let events = (0..<2_500).map { index in
            "UID:\(index)\nDTSTART;TZID=Europe/Berlin:20\(10 + index % 16)0\(1 + index % 9)15T1\(index % 10)0000\n"
                + "DURATION:PT1H\nRRULE:FREQ=\(["WEEKLY", "DAILY", "MONTHLY", "YEARLY"][index % 4])\nSUMMARY:e\(index)"
        }
        let calendar = Self.use(Self.file(events), within: .seconds(20))
        #expect(calendar.count == 2_500)
        #expect(calendar.faults == [])
    }

    @Test(arguments: ["", "<html>", "BEGIN:VCARD\nEND:VCARD\n", "\u{0}\u{0}", ":::\n;;;\n"])
    func whatIsNoCalendarIsSaidOnce(text: String) {
        let calendar = Self.use(text)
        #expect(calendar.faults.map(\.message) == ["this is no iCalendar file"])
    }

    /// Bytes of a good file changed, left out, doubled.
    @Test func damagedFilesNeverTrap() throws {
        let all = try Golden.lines("calendars.txt").prefix(400).joined(separator: "\n")
        let rules = try Golden.lines("rrules.txt").prefix(30).map { line in
            let parts = line.split(separator: "|")
            return "BEGIN:VEVENT\nDTSTART:\(parts[0])\nRRULE:\(parts[1])\nEND:VEVENT"
        }
        let bytes = Array((all.replacing("END:VCALENDAR", with: rules.joined(separator: "\n"))).utf8)
        Fuzz.run("damaged calendars", seeds: 5) { source in
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...60, using: &source.random) {
                let place = Int.random(in: 0..<damaged.count, using: &source.random)
                switch Int.random(in: 0..<4, using: &source.random) {
                case 0: damaged[place] = UInt8.random(in: 0...255, using: &source.random)
                case 1: damaged.remove(at: place)
                case 2: damaged[place] = Array("0123456789-;:=,\n TZ".utf8).randomElement(using: &source.random) ?? 0
                default:
                    let end = min(damaged.count, place + 200)
                    damaged.insert(contentsOf: damaged[place..<end], at: place)
                }
            }
            let calendar = EventCalendar(damaged, zone: .utc) { _ in nil }
            calendar.prepare(for: Self.noon)
            _ = calendar.running(at: Self.noon)
            _ = calendar.next(.end, after: .distantPast)
            _ = calendar.next(.end, after: .distantFuture)
        }
    }
}
