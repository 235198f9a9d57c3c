import Komoku
import KomokuCalendar
import Testing

@Suite struct HolidaysTests {
    static func date(_ year: Int, _ month: Int, _ day: Int) throws -> CivilDate {
        try #require(CivilDate(year: year, month: month, day: day))
    }

    @Test(arguments: [
        (1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2011, 4, 24), (2018, 4, 1), (2019, 4, 21), (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5), (2038, 4, 25), (2049, 4, 18), (2076, 4, 19), (2285, 3, 22),
    ])
    func easterIsWhereItIs(year: Int, month: Int, day: Int) throws {
        #expect(CivilDate.easter(of: year) == (try Self.date(year, month, day)))
    }

    @Test func daysAreHolidaysByDateByYearAndByEaster() throws {
        let holidays = Holidays(
            [
                .init(.once(try Self.date(2026, 6, 4)), name: "Fair"), .init(.yearly(month: 12, day: 25)),
                .init(.easter(1), name: "Easter Monday"), .init(.yearly(month: 2, day: 29)),
            ], calendars: [], zone: .utc)
        #expect(holidays.name(of: try Self.date(2026, 6, 4)) == "Fair")
        #expect(holidays.name(of: try Self.date(2027, 6, 4)) == nil)
        #expect(holidays.name(of: try Self.date(2027, 12, 25)) == "")
        #expect(holidays.name(of: try Self.date(2026, 4, 6)) == "Easter Monday")
        #expect(holidays.contains(try Self.date(2028, 2, 29)))
        #expect(!holidays.contains(try Self.date(2027, 3, 1)))
    }

    @Test func daysOfACalendarAreHolidays() throws {
        let calendar = Golden.events(
            """
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20201224
            DTEND;VALUE=DATE:20201227
            RRULE:FREQ=YEARLY
            SUMMARY:Christmas
            END:VEVENT
            BEGIN:VEVENT
            DTSTART:20260101T180000
            DTEND:20260101T200000
            SUMMARY:in the evening
            END:VEVENT
            BEGIN:VEVENT
            DTSTART;VALUE=DATE:20261230
            DTEND;VALUE=DATE:20270103
            END:VEVENT
            """)
        let holidays = Holidays([], calendars: [calendar], zone: Golden.zone("Europe/Berlin"))
        let found = (1...365).map { CivilDate(daysSince1970: 20_453 + $0) }.filter(holidays.contains).map(\.description)
        #expect(found == ["2026-12-24", "2026-12-25", "2026-12-26", "2026-12-30", "2026-12-31"])
        #expect(holidays.name(of: try Self.date(2027, 1, 2)) == "")
        #expect(holidays.name(of: try Self.date(2031, 12, 26)) == "Christmas")
        #expect(!holidays.contains(try Self.date(2031, 12, 27)))
    }
}
