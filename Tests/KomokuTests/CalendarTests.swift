import Komoku
import KomokuTesting
import Testing

@testable import Komoku

@Suite struct CalendarTests {
    static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(dated: text)) }

    static func local(_ text: String) throws -> LocalDateTime {
        LocalDateTime(secondsSince1970: Int(try time(text + " Z").wholeSeconds))
    }

    @Test(arguments: [
        (0, 1970, 1, 1, 4), (-1, 1969, 12, 31, 3), (11_016, 2000, 2, 29, 2), (-719_528, 0, 1, 1, 6),
        (2_932_896, 9999, 12, 31, 5), (-4_371_587, -9999, 1, 1, 1), (20_778, 2026, 11, 21, 6),
    ])
    func daysAreDates(days: Int, year: Int, month: Int, day: Int, weekday: Int) {
        let date = CivilDate(daysSince1970: days)
        #expect((date.year, date.month, date.day) == (year, month, day))
        #expect(date.weekday == weekday)
        #expect(CivilDate(year: year, month: month, day: day)?.daysSince1970 == days)
    }

    @Test func everyDayOfTwoCenturiesFollowsTheOneBefore() {
        var last = CivilDate(daysSince1970: -30_000)
        for days in -29_999...60_000 {
            let date = CivilDate(daysSince1970: days)
            #expect(date.daysSince1970 == days)
            let isNext =
                date.year == last.year && date.month == last.month && date.day == last.day + 1
                || date.day == 1 && last.day == CivilDate.days(in: last.month, of: last.year)
                    && date.month == last.month % 12 + 1 && date.year == last.year + (date.month == 1 ? 1 : 0)
            if !isNext { Issue.record("\(last) is followed by \(date)") }
            last = date
        }
    }

    @Test(arguments: [(2023, 2, 29), (2026, 4, 31), (2026, 13, 1), (2026, 0, 1), (2026, 1, 0), (1900, 2, 29)])
    func daysThatAreNotAreRefused(year: Int, month: Int, day: Int) {
        #expect(CivilDate(year: year, month: month, day: day) == nil)
    }

    @Test(
        arguments: [
            // Put forward at 2.
            ("Europe/Warsaw", "2024-03-31 01:59:59", "2024-03-31 00:59:59 Z", nil, false),
            ("Europe/Warsaw", "2024-03-31 02:30:00", "2024-03-31 01:00:00 Z", nil, true),
            ("Europe/Warsaw", "2024-03-31 03:00:00", "2024-03-31 01:00:00 Z", nil, false),
            // Put back at 3.
            ("Europe/Warsaw", "2024-10-27 01:59:59", "2024-10-26 23:59:59 Z", nil, false),
            ("Europe/Warsaw", "2024-10-27 02:00:00", "2024-10-27 00:00:00 Z", "2024-10-27 01:00:00 Z", false),
            ("Europe/Warsaw", "2024-10-27 02:59:59", "2024-10-27 00:59:59 Z", "2024-10-27 01:59:59 Z", false),
            ("Europe/Warsaw", "2024-10-27 03:00:00", "2024-10-27 02:00:00 Z", nil, false),
            // Half an hour, near the end of what a table holds and far beyond.
            ("Australia/Lord_Howe", "2024-04-07 01:45:00", "2024-04-06 14:45:00 Z", "2024-04-06 15:15:00 Z", false),
            ("Australia/Lord_Howe", "2024-10-06 02:15:00", "2024-10-05 15:30:00 Z", nil, true),
            ("America/New_York", "2150-11-01 01:30:00", "2150-11-01 05:30:00 Z", "2150-11-01 06:30:00 Z", false),
            // A whole day was left out.
            ("Pacific/Apia", "2011-12-30 12:00:00", "2011-12-30 10:00:00 Z", nil, true),
            ("Pacific/Apia", "2011-12-31 00:00:00", "2011-12-30 10:00:00 Z", nil, false),
            // Midnight comes twice.
            ("America/Havana", "2024-11-03 00:00:00", "2024-11-03 04:00:00 Z", "2024-11-03 05:00:00 Z", false),
            // Midnight never comes.
            ("America/Havana", "2024-03-10 00:00:00", "2024-03-10 05:00:00 Z", nil, true),
        ] as [(String, String, String, String?, Bool)])
    func localTimesHaveTheirMoments(
        name: String, local: String, first: String, second: String?, isLeftOut: Bool
    ) throws {
        let moments = try ZoneFixtures.zone(name).moments(of: try Self.local(local))
        let time = try Self.time(first)
        if let second {
            #expect(moments == .twice(time, try Self.time(second)))
        } else {
            #expect(moments == (isLeftOut ? .never(time) : .once(time)))
        }
    }

    @Test(
        arguments: [
            ("Europe/Warsaw", .day, "2024-03-31 12:00:00 Z", "2024-03-30 23:00:00 Z", "2024-03-31 22:00:00 Z"),
            ("Europe/Warsaw", .day, "2024-10-27 12:00:00 Z", "2024-10-26 22:00:00 Z", "2024-10-27 23:00:00 Z"),
            ("Europe/Warsaw", .week, "2024-10-27 22:59:59 Z", "2024-10-20 22:00:00 Z", "2024-10-27 23:00:00 Z"),
            ("Europe/Warsaw", .week, "2024-10-27 23:00:00 Z", "2024-10-27 23:00:00 Z", "2024-11-03 23:00:00 Z"),
            ("Europe/Warsaw", .month, "2024-02-29 12:00:00 Z", "2024-01-31 23:00:00 Z", "2024-02-29 23:00:00 Z"),
            ("Europe/Warsaw", .month, "2024-12-31 23:00:00 Z", "2024-12-31 23:00:00 Z", "2025-01-31 23:00:00 Z"),
            ("Europe/Warsaw", .year, "2024-12-31 22:59:59 Z", "2023-12-31 23:00:00 Z", "2024-12-31 23:00:00 Z"),
            ("Europe/Warsaw", .hour, "2024-10-27 00:30:00 Z", "2024-10-27 00:00:00 Z", "2024-10-27 01:00:00 Z"),
            ("Asia/Kolkata", .hour, "2024-10-27 00:20:00 Z", "2024-10-26 23:30:00 Z", "2024-10-27 00:30:00 Z"),
            // Before 1970, and in a year before 0's time.
            ("UTC", .month, "1969-12-31 23:59:59 Z", "1969-12-01 00:00:00 Z", "1970-01-01 00:00:00 Z"),
            ("UTC", .week, "1969-12-31 00:00:00 Z", "1969-12-29 00:00:00 Z", "1970-01-05 00:00:00 Z"),
            // Hours that a change cuts in two.
            ("Australia/Lord_Howe", .hour, "2024-04-06 15:10:00 Z", "2024-04-06 15:00:00 Z", "2024-04-06 15:30:00 Z"),
            ("Australia/Lord_Howe", .hour, "2024-10-05 15:40:00 Z", "2024-10-05 15:30:00 Z", "2024-10-05 16:00:00 Z"),
            // The day that was left out.
            ("Pacific/Apia", .day, "2011-12-30 09:59:59 Z", "2011-12-29 10:00:00 Z", "2011-12-30 10:00:00 Z"),
            ("Pacific/Apia", .day, "2011-12-30 10:00:00 Z", "2011-12-30 10:00:00 Z", "2011-12-31 10:00:00 Z"),
            // Midnight is left out, and comes twice.
            ("America/Havana", .day, "2024-03-10 12:00:00 Z", "2024-03-10 05:00:00 Z", "2024-03-11 04:00:00 Z"),
            ("America/Havana", .day, "2024-11-03 12:00:00 Z", "2024-11-03 04:00:00 Z", "2024-11-04 05:00:00 Z"),
        ] as [(String, CalendarUnit, String, String, String)])
    func unitsBeginAndEnd(name: String, unit: CalendarUnit, time: String, start: String, next: String) throws {
        let zone = name == "UTC" ? Zone.utc : try ZoneFixtures.zone(name)
        #expect(zone.start(of: unit, at: try Self.time(time)) == (try Self.time(start)))
        #expect(zone.start(of: unit, after: try Self.time(time)) == (try Self.time(next)))
    }

    /// St. John's put its clocks back from 0:01 to 23:01 of the day before.
    @Test func aDayThatIsShownOnceMoreDoesNotBeginAgain() throws {
        let zone = try Zone(name: "x", rule: "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01")
        let start = try Self.time("2008-11-02 02:30:00 Z")
        #expect(zone.start(of: .day, at: try Self.time("2008-11-02 02:30:30 Z")) == start)
        #expect(zone.start(of: .day, at: try Self.time("2008-11-02 03:00:00 Z")) == start)
        #expect(zone.start(of: .day, after: start) == (try Self.time("2008-11-03 03:30:00 Z")))
    }

    @Test(arguments: ZoneFixtures.all.keys.sorted(), CalendarUnit.allCases)
    func unitsFollowEachOther(name: String, unit: CalendarUnit) throws {
        let zone = try ZoneFixtures.zone(name)
        var random = SplitMix(seed: 7)
        for _ in 0..<200 {
            // The years 1800 to 2300.
            let time = Timestamp(wholeSeconds: .random(in: -5_400_000_000...10_400_000_000, using: &random))
            let start = zone.start(of: unit, at: time)
            let next = zone.start(of: unit, after: time)
            #expect(start <= time && time < next)
            #expect(zone.start(of: unit, at: start) == start)
            #expect(zone.start(of: unit, after: start) == next)
            #expect(zone.start(of: unit, at: next) == next)
        }
    }

    @Test(arguments: ZoneFixtures.all.keys.sorted())
    func momentsAreWhenClocksShowTheTime(name: String) throws {
        let zone = try ZoneFixtures.zone(name)
        var random = SplitMix(seed: 9)
        for _ in 0..<1000 {
            let time = Timestamp(wholeSeconds: .random(in: -5_400_000_000...10_400_000_000, using: &random))
            let local = zone.local(time)
            switch zone.moments(of: local) {
            case .once(let moment): #expect(moment == time)
            case .twice(let first, let second):
                #expect(first < second && (time == first || time == second))
                #expect(zone.local(first) == local && zone.local(second) == local)
            case .never: Issue.record("\(local) was shown at \(time.wholeSeconds)")
            }
        }
    }
}
