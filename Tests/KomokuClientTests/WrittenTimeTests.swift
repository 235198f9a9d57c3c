import ArgumentParser
import Komoku
import KomokuTesting
import Testing

@testable import komoku_cli

struct WrittenTimeTests {
    private static func zone(_ name: String) throws -> Zone { try SystemZone.named(name) }

    private static func read(
        _ text: String, _ zone: String, _ choice: WrittenTime.Choice = .first
    ) throws -> Double {
        try WrittenTime(text, now: .init(microseconds: 0)).moment(in: try Self.zone(zone), choice).seconds
    }

    @Test(
        arguments: [
            ("2026-01-02", "Europe/Warsaw", 1_767_308_400), ("2026-01-02", "UTC", 1_767_312_000),
            ("2026-07-02 08:30", "Europe/Warsaw", 1_782_973_800),
            // Clocks go from 02:00 to 03:00: the time between is the moment at which they do.
            ("2026-03-29 02:30", "Europe/Warsaw", 1_774_746_000),
            // Clocks go from 03:00 to 02:00: shown twice.
            ("2026-10-25 02:30", "Europe/Warsaw", 1_792_888_200),
            ("2026-10-25 02:30 CEST", "Europe/Warsaw", 1_792_888_200),
            ("2026-10-25 02:30:00 cet", "Europe/Warsaw", 1_792_891_800),
            ("2026-10-25 02:30+01:00", "Asia/Tokyo", 1_792_891_800),
            // Midnight is left out.
            ("2018-11-04", "America/Sao_Paulo", 1_541_300_400),
        ] as [(String, String, Double)])
    func aDateIsReadInItsZone(text: String, zone: String, seconds: Double) throws {
        #expect(try Self.read(text, zone) == seconds)
    }

    /// Sunday, 29 March 2026, 12:00 in Warsaw; clocks were put forward in the night.
    @Test(arguments: [
        ("now", "2026-03-29 12:00"), ("today", "2026-03-29 00:00"), ("yesterday", "2026-03-28 00:00"),
        ("Yesterday 18:05", "2026-03-28 18:05"), ("sun", "2026-03-29 00:00"), ("sunday 12:00", "2026-03-29 12:00"),
        ("sun 12:01", "2026-03-22 12:01"), ("mon 08:00", "2026-03-23 08:00"), ("saturday", "2026-03-28 00:00"),
        ("11:59", "2026-03-29 11:59"), ("9:30", "2026-03-29 09:30"), ("12:30", "2026-03-28 12:30"),
        ("02:30", "2026-03-29 03:00"),
    ])
    func whatPeopleSayIsTheNewestThatIsNotAhead(said: String, written: String) throws {
        let zone = try Self.zone("Europe/Warsaw")
        let now = try #require(WrittenTime(date: "2026-03-29 12:00")).moment(in: zone)
        let expected = try #require(WrittenTime(date: written)).moment(in: zone)
        #expect(try WrittenTime(said, now: now).moment(in: zone) == expected)
    }

    @Test(arguments: [
        "t", "to", "mo", "monday tuesday", "25:00", "12:60", "8:3", "mon 8", ":", "mon 08:00 x", "x 08:00",
    ])
    func whatIsNoTimeIsRefused(text: String) {
        #expect(throws: ValidationError.self) { try WrittenTime(text, now: .init(microseconds: 0)) }
    }

    @Test func ofATimeThatIsShownTwiceTheEndOfARangeIsTheLater() throws {
        #expect(try Self.read("2026-10-25 02:30", "Europe/Warsaw", .last) == 1_792_891_800)
        let between = Timestamp(microseconds: 1_792_890_000_000_000)
        #expect(try Self.read("2026-10-25 02:30", "Europe/Warsaw", .newest(between)) == 1_792_888_200)
        #expect(try Self.read("2026-10-25 02:30", "Europe/Warsaw", .newest(.distantFuture)) == 1_792_891_800)
    }

    /// The model: what is written is what is read again.
    @Test(arguments: ["Europe/Warsaw", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"])
    func whatIsWrittenIsReadAsTheSameMoment(name: String) throws {
        let zone = try Self.zone(name)
        var generator = SplitMix(seed: UInt64(name.utf8.count))
        let beginning: Int64 = 1_262_304_000
        // Each half hour of two years, and moments of forty years.
        var moments = (0..<35_000).map { beginning + $0 * 1800 }
        moments += (0..<5000).map { _ in Int64.random(in: beginning...(beginning + 40 * 31_536_000), using: &generator)
        }
        for seconds in moments {
            let time = Timestamp(microseconds: seconds * 1_000_000)
            var format = "%Y-%m-%d %H:%M:%S"
            if case .twice = zone.moments(of: zone.local(time)) {
                format += zone.abbreviation(at: time).allSatisfy(\.isLetter) ? " %Z" : "%z"
            }
            let text = ClockText.text(time, format, in: zone)
            guard let written = WrittenTime(date: text)?.moment(in: zone) else {
                Issue.record("\(text) is not read")
                return
            }
            guard written != time else { continue }
            // Where a zone changed its offset and kept its abbreviation the text cannot tell the two apart.
            let other = ClockText.text(written, format, in: zone)
            if other != text { Issue.record("\(text) of \(seconds) is read as \(written.seconds)") }
        }
    }

    @Test func aRuleServesWhereTheMachineDoesNotKnowTheZone() throws {
        let warsaw = try Self.zone("Europe/Warsaw")
        let rule = try #require(warsaw.ruleText)
        let copy = try Zone(name: "Europe/Warsaw", rule: rule)
        for day in 0..<800 {
            let time = Timestamp(microseconds: 1_767_225_600_000_000 + Int64(day) * 86_400_000_000)
            #expect(copy.local(time) == warsaw.local(time))
        }
    }
}
