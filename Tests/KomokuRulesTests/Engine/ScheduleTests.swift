import Komoku
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuRules

/// When schedules are due, compared with a walk through all minutes of some days.
struct ScheduleTests {
    /// Zones and nights in which their clocks are changed: by an hour, by half an hour, at midnight, by two hours.
    static let nights: [(String, Double)] = [
        ("Europe/Warsaw", 1_711_846_800), ("Europe/Warsaw", 1_729_990_800), ("Australia/Lord_Howe", 1_712_415_600),
        ("Australia/Lord_Howe", 1_728_142_200), ("America/Havana", 1_710_046_800), ("America/Havana", 1_730_606_400),
        ("Antarctica/Troll", 1_711_846_800), ("Antarctica/Troll", 1_729_990_800), ("UTC", 1_711_846_800),
        ("Asia/Kathmandu", 1_711_846_800),
    ]

    /// All times of two days around a night at which the schedule is due, found by what a clock on the wall shows each minute.
    private func walk(
        _ zone: Zone, from start: Timestamp, _ change: Schedule.ClockChange, _ isWanted: (LocalDateTime) -> Bool
    ) -> [Timestamp] {
        var (found, shown): ([Timestamp], Set<LocalDateTime>) = ([], [])
        // What was shown before the walk counts as shown.
        for minute in -180..<(48 * 60) {
            let time = start + .seconds(60 * Int64(minute))
            let local = zone.local(time)
            let before = zone.local(time - .seconds(60))
            var isDue = isWanted(local) && (shown.insert(local).inserted || change == .both)
            if isWanted(local) { shown.insert(local) }
            // Those that were left out between this minute and the one before.
            var skipped = before.secondsSince1970 + 60
            while skipped < local.secondsSince1970 {
                if change != .skip, isWanted(LocalDateTime(secondsSince1970: skipped)) { isDue = true }
                skipped += 60
            }
            if isDue, time > start { found.append(time) }
        }
        return found
    }

    private func all(_ schedule: Schedule, _ zone: Zone, from start: Timestamp, until end: Timestamp) -> [Timestamp] {
        var (found, time): ([Timestamp], Timestamp) = ([], start)
        while let next = schedule.next(after: time, in: zone, sun: nil), next < end {
            found.append(next)
            time = next
        }
        return found
    }

    @Test(arguments: nights, Schedule.ClockChange.allCases)
    func `a cron is due at each minute that the clock shows, by its policy`(
        _ night: (String, Double), _ change: Schedule.ClockChange
    ) throws {
        let zone = try ZoneFiles().zone(named: night.0)
        let start = try #require(Timestamp(seconds: night.1 - 86_400))
        var random = SplitMix(seed: UInt64(night.1))
        var texts = [
            "*/5 * * * *", "30 2 * * *", "0 0 * * *", "15,45 1-3 * * *", "59 23 * * *", "*/20 0-22 * * *",
            "*/15 1-3 * * *", "*/10 22-2 * * *",
        ]
        for _ in 0..<6 {
            let (minute, hour) = (Int.random(in: 0...59, using: &random), Int.random(in: 0...4, using: &random))
            texts.append("\(minute) \(hour)-\(hour + 1) * * *")
        }
        for text in texts {
            let cron = try Cron(parsing: text)
            let goesOn = change == .once && (cron.hours.count == 24 || text.hasPrefix("*"))
            let wanted = walk(zone, from: start, goesOn ? .both : change) { local in
                cron.minutes.contains(local.minute) && cron.hours.contains(local.hour) && local.second == 0
            }
            let schedule = Schedule(.cron(cron), clockChange: change)
            #expect(all(schedule, zone, from: start, until: start + .seconds(48 * 3600)) == wanted, "\(text)")
        }
    }

    @Test(arguments: nights, Schedule.ClockChange.allCases)
    func `a time of day is due as a clock on the wall has it`(
        _ night: (String, Double), _ change: Schedule.ClockChange
    ) throws {
        let zone = try ZoneFiles().zone(named: night.0)
        let start = try #require(Timestamp(seconds: night.1 - 86_400))
        for minute in stride(from: 0, to: 1440, by: 10) {
            let schedule = Schedule(.daily(.clock(minute * 60), .init()), clockChange: change)
            let wanted = walk(zone, from: start, change) { $0.secondOfDay == minute * 60 }
            #expect(all(schedule, zone, from: start, until: start + .seconds(48 * 3600)) == wanted, "\(minute)")
        }
    }

    @Test func `what never comes is refused, or never due`() throws {
        #expect(throws: Cron.Invalid.self) { try Cron(parsing: "0 0 31 2 *") }
        #expect(throws: Cron.Invalid.self) { try Cron(parsing: "0 0 31 4,6,9,11 *") }
        // A weekday beside it does come.
        #expect(try Cron(parsing: "0 0 31 2 mon").matches(try #require(CivilDate(year: 2026, month: 2, day: 2))))
        let now = try #require(Timestamp(seconds: 1_700_000_000))
        let leap = Schedule(.cron(try Cron(parsing: "0 0 29 2 *")))
        #expect(leap.next(after: now, in: .utc, sun: nil) == Timestamp(seconds: 1_709_164_800))
        let past = try #require(CivilDate(year: 2020, month: 1, day: 1))
        #expect(Schedule(.daily(.clock(0), .init(dates: [past]))).next(after: now, in: .utc, sun: nil) == nil)
        #expect(Schedule(.daily(.sun(.sunrise, offset: .zero), .init())).next(after: now, in: .utc, sun: nil) == nil)
    }

    @Test func `times at the ends of time trap nothing`() throws {
        let forms: [Schedule.Form] = [
            .every(.seconds(1)), .every(Duration(microseconds: .max)), .daily(.clock(0), .init()),
            .cron(try Cron(parsing: "* * * * *")),
        ]
        for time in [Timestamp.distantPast, .distantFuture, Timestamp(microseconds: 0)] {
            for form in forms { _ = Schedule(form).next(after: time, in: .utc, sun: nil) }
        }
    }

    @Test(arguments: [
        ("fri-sun", [5, 6, 7]), ("sat-sun", [6, 7]), ("sat-mon", [1, 6, 7]), ("5-0", [5, 6, 7]), ("6-7", [6, 7]),
        ("7-1", [1, 7]), ("fri-tue/2", [2, 5, 7]), ("mon-fri", [1, 2, 3, 4, 5]), ("sun-tue", [1, 2, 7]),
    ])
    func `weekdays go over the end of the week`(_ text: String, _ weekdays: [Int]) throws {
        let cron = try Cron(parsing: "0 8 * * \(text)")
        // A Monday.
        let monday = try #require(CivilDate(year: 2026, month: 11, day: 30))
        let found = (0..<7).filter { cron.matches(CivilDate(daysSince1970: monday.daysSince1970 + $0)) }.map { $0 + 1 }
        #expect(found == weekdays)
    }

    @Test func `hours, minutes and months go over their end`() throws {
        #expect(try Cron(parsing: "0 22-6/2 * * *").hours == [22, 0, 2, 4, 6])
        #expect(try Cron(parsing: "58-1 * * * *").minutes == [58, 59, 0, 1])
        let winter = try Cron(parsing: "0 0 30-1 nov-feb *")
        let days = [(2026, 1, 30), (2026, 1, 31), (2026, 2, 1), (2026, 12, 31)].compactMap(CivilDate.init)
        #expect(days.count == 4 && days.allSatisfy(winter.matches))
        #expect(try !winter.matches(#require(CivilDate(year: 2026, month: 3, day: 1))))
    }

    @Test(arguments: ["@daily", "0 0 0 * * *", "* * * *"])
    func `a cron that is none says what to write`(_ text: String) throws {
        let fault = try #require(throws: Cron.Invalid.self) { try Cron(parsing: text) }
        let said = [
            "@daily": "write '0 0 * * *' for @daily",
            "0 0 0 * * *":
                "cron has five fields, minute hour day month weekday, and this has 6; there are no seconds here",
            "* * * *": "cron has five fields, minute hour day month weekday, and this has 4",
        ]
        #expect(fault.description == said[text])
    }
}
