import Komoku
import KomokuTesting
import Testing

@testable import Komoku

@Suite struct ZoneTests {
    /// As Python's zoneinfo has them.
    @Test(
        arguments: [
            ("Europe/Warsaw", "1900-01-01 00:00:00 Z", 5040, "WMT"),
            ("Europe/Warsaw", "1950-07-01 12:00:00 Z", 3600, "CET"),
            ("Europe/Warsaw", "1969-12-31 23:59:59 Z", 3600, "CET"),
            ("Europe/Warsaw", "1977-06-01 00:00:00 Z", 7200, "CEST"),
            ("Europe/Warsaw", "2024-03-31 00:59:59 Z", 3600, "CET"),
            ("Europe/Warsaw", "2024-03-31 01:00:00 Z", 7200, "CEST"),
            ("Europe/Warsaw", "2024-10-27 00:59:59 Z", 7200, "CEST"),
            ("Europe/Warsaw", "2024-10-27 01:00:00 Z", 3600, "CET"),
            ("Europe/Warsaw", "2038-07-01 00:00:00 Z", 7200, "CEST"),
            ("Europe/Warsaw", "2200-01-15 00:00:00 Z", 3600, "CET"),
            ("Europe/Warsaw", "2200-07-15 00:00:00 Z", 7200, "CEST"),
            ("Europe/Warsaw", "9999-12-30 00:00:00 Z", 3600, "CET"),
            ("America/New_York", "1883-11-18 16:59:59 Z", -17762, "LMT"),
            ("America/New_York", "1883-11-18 17:00:00 Z", -18000, "EST"),
            ("America/New_York", "1942-02-09 07:00:00 Z", -14400, "EWT"),
            ("America/New_York", "1974-01-06 07:00:00 Z", -14400, "EDT"),
            ("America/New_York", "2007-03-11 06:59:59 Z", -18000, "EST"),
            ("America/New_York", "2007-03-11 07:00:00 Z", -14400, "EDT"),
            ("America/New_York", "2024-11-03 05:59:59 Z", -14400, "EDT"),
            ("America/New_York", "2024-11-03 06:00:00 Z", -18000, "EST"),
            ("America/New_York", "2250-07-04 00:00:00 Z", -14400, "EDT"),
            ("Asia/Kolkata", "1943-01-01 00:00:00 Z", 23400, "+0630"),
            ("Asia/Kolkata", "1960-01-01 00:00:00 Z", 19800, "IST"),
            ("Asia/Kolkata", "2300-01-01 00:00:00 Z", 19800, "IST"),
            ("Australia/Lord_Howe", "2024-04-06 14:59:59 Z", 39600, "+11"),
            ("Australia/Lord_Howe", "2024-04-06 15:00:00 Z", 37800, "+1030"),
            ("Australia/Lord_Howe", "2024-10-05 15:29:59 Z", 37800, "+1030"),
            ("Australia/Lord_Howe", "2024-10-05 15:30:00 Z", 39600, "+11"),
            ("Australia/Lord_Howe", "2100-01-01 00:00:00 Z", 39600, "+11"),
            ("Pacific/Apia", "2011-12-30 09:59:59 Z", -36000, "-10"),
            ("Pacific/Apia", "2011-12-30 10:00:00 Z", 50400, "+14"),
            ("Pacific/Apia", "2100-01-01 00:00:00 Z", 46800, "+13"),
            ("America/Havana", "2024-03-10 04:59:59 Z", -18000, "CST"),
            ("America/Havana", "2024-03-10 05:00:00 Z", -14400, "CDT"),
            ("America/Havana", "2024-11-03 04:59:59 Z", -14400, "CDT"),
            ("America/Havana", "2024-11-03 05:00:00 Z", -18000, "CST"),
        ] as [(String, String, Int, String)])
    func offsetsAreThoseOfTheFile(name: String, time: String, offset: Int, abbreviation: String) throws {
        let zone = try ZoneFixtures.zone(name)
        let time = try #require(Timestamp(dated: time))
        #expect(zone.offset(at: time) == offset)
        #expect(zone.abbreviation(at: time) == abbreviation)
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-07-01 00:00 Z", 7200),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "2026-12-01 00:00 Z", 3600),
        // Without times clocks change at 2; without an offset summer is an hour ahead.
        ("EST5EDT,M3.2.0,M11.1.0", "2026-07-01 00:00 Z", -14400),
        // South of the equator summer time spans the new year.
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2026-01-01 00:00 Z", 39600),
        // Ireland's standard time is that of summer.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01 00:00 Z", 3600),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01 00:00 Z", 0),
        // Summer time all year (RFC 8536).
        ("XXX3EDT4,0/0,J365/23", "2026-01-01 03:00 Z", -14400),
        ("XXX3EDT4,0/0,J365/23", "2026-06-01 00:00 Z", -14400),
        ("XXX3EDT4,0/0,J365/23", "2028-12-31 23:59 Z", -14400),
        // Day 60 is 1 March, in a leap year too; day 59 counted from 0 is 29 February in one.
        ("AAA0BBB,J60/0,J300/0", "2028-02-29 23:59 Z", 0),
        ("AAA0BBB,J60/0,J300/0", "2028-03-01 00:00 Z", 3600),
        ("AAA0BBB,59/0,299/0", "2028-02-29 00:00 Z", 3600),
        // Hours beyond a day and before midnight.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29 00:59 Z", -7200),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29 01:00 Z", -3600),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26 23:59 Z", 7200),
        ("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27 00:00 Z", 10800),
        ("<+0545>-5:45", "2026-01-01 00:00 Z", 20700),
    ])
    func rulesAreRead(rule: String, time: String, offset: Int) throws {
        let zone = try Zone(name: "x", rule: rule)
        #expect(zone.offset(at: try #require(Timestamp(dated: time))) == offset)
    }

    @Test(arguments: [
        "", "X", "CET", "CET-1CEST", "CET-25", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.6.0,M1.1.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J5", "CET-1CEST,366,5", "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1x",
        "CET-1CEST,M3.5.0,M10.5.0,", "<CET-1", "CET-1:60", "CET--1",
    ])
    func otherRulesAreRefused(rule: String) {
        #expect(throws: Zone.Invalid.self) { try Zone(name: "x", rule: rule) }
    }

    @Test func theTableGoesOnAsTheRuleSays() throws {
        let zone = try ZoneFixtures.zone("Europe/Warsaw")
        let rule = try Zone(name: "x", rule: "CET-1CEST,M3.5.0,M10.5.0/3")
        for year in stride(from: 2000, through: 2600, by: 7) {
            for month in 1...12 {
                let date = try #require(CivilDate(year: year, month: month, day: 28))
                let time = Timestamp(wholeSeconds: Int64(date.daysSince1970 * 86_400))
                #expect(zone.kind(at: time.wholeSeconds) == rule.kind(at: time.wholeSeconds))
            }
        }
    }

    @Test func theFirstVersionIsReadWithItsShorterTimes() throws {
        var bytes = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        for count in [0, 0, 0, 1, 2, 8] as [UInt8] { bytes += [0, 0, 0, count] }
        bytes += [0x80, 0, 0, 0] + [1]
        bytes += [0, 0, 0x0E, 0x10, 0, 0] + [0xFF, 0xFF, 0xF1, 0xF0, 1, 4] + Array("ABC\0DEF\0".utf8)
        let zone = try Zone(name: "x", tzif: bytes)
        #expect(zone.offset(at: Timestamp(wholeSeconds: -2_147_483_649)) == 3600)
        #expect(zone.offset(at: Timestamp(wholeSeconds: -2_147_483_648)) == -3600)
        #expect(zone.abbreviation(at: .distantFuture) == "DEF")
        #expect(zone.isSummer(at: .distantFuture))
    }

    @Test func allTimesHaveAnOffset() throws {
        for name in ZoneFixtures.all.keys {
            let zone = try ZoneFixtures.zone(name)
            for time in [Timestamp.distantPast, .distantFuture] {
                #expect(abs(zone.offset(at: time)) < 26 * 3600)
                _ = zone.local(time).description
                for unit in CalendarUnit.allCases {
                    #expect(zone.start(of: unit, at: time) <= time)
                    #expect(zone.start(of: unit, after: time) >= time)
                }
            }
        }
    }

    @Test(arguments: ZoneFixtures.all.keys.sorted())
    func noBytesTrap(name: String) {
        var random = SplitMix(seed: UInt64(name.utf8.count))
        let valid = ZoneFixtures.bytes(name)
        var read = 0
        for _ in 0..<150 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                // Most of them where the counts, the offsets and the rule are.
                let place = [
                    Int.random(in: 0..<bytes.count, using: &random), Int.random(in: 44..<100, using: &random),
                    bytes.count - 1 - Int.random(in: 0..<40, using: &random),
                ].randomElement(using: &random)
                bytes[place ?? 0] = UInt8.random(in: 0 ... .max, using: &random)
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            }
            guard let zone = try? Zone(name: name, tzif: bytes) else { continue }
            read += 1
            let time = Timestamp(microseconds: .random(in: .min ... .max, using: &random))
            for time in [time, Timestamp(microseconds: time.microseconds / 4096)] {
                let day = zone.start(of: .day, at: time)
                #expect(day <= time)
                #expect(zone.start(of: .hour, after: time) >= time)
                _ = zone.moments(of: zone.local(time))
            }
        }
        #expect(read > 15)
    }
}
