import Komoku
import Testing

@testable import KomokuStore

@Suite struct WindowLengthTests {
    static let warsaw = "CET-1CEST,M3.5.0,M10.5.0/3"

    static func bounds(_ step: String?, _ since: String, _ until: String, rule: String = "UTC0") throws -> [Timestamp] {
        try (step.map { try WindowLength(parsing: $0) } ?? .whole).bounds(
            since: try #require(Timestamp(dated: since)), until: try #require(Timestamp(dated: until)),
            zone: Zone(name: "x", rule: rule))
    }

    static func hours(_ bounds: [Timestamp]) -> [Double] {
        zip(bounds, bounds.dropFirst()).map { ($1 - $0).seconds / 3600 }
    }

    @Test func theFirstAndTheLastWindowAreCut() throws {
        let bounds = try Self.bounds("1h", "2026-01-01 00:30 Z", "2026-01-01 02:15 Z")
        #expect(Self.hours(bounds) == [0.5, 1, 0.25])
        #expect(Self.hours(try Self.bounds("1h", "2026-01-01 01:00 Z", "2026-01-01 03:00 Z")) == [1, 1])
        #expect(Self.hours(try Self.bounds(nil, "2026-01-01 00:30 Z", "2026-01-01 02:15 Z")) == [1.75])
        #expect(Self.hours(try Self.bounds("1h", "1969-12-31 22:30 Z", "1970-01-01 00:30 Z")) == [0.5, 1, 0.5])
        #expect(Self.hours(try Self.bounds("1y", "2026-01-01 22:30 Z", "2026-01-01 23:30 Z")) == [1])
    }

    @Test func localDaysHave23And25Hours() throws {
        let spring = try Self.bounds("day", "2026-03-28 12:00 +0100", "2026-03-31 12:00 +0200", rule: Self.warsaw)
        #expect(Self.hours(spring) == [12, 23, 24, 12])
        let autumn = try Self.bounds("day", "2026-10-25 00:00 +0200", "2026-10-27 00:00 +0100", rule: Self.warsaw)
        #expect(Self.hours(autumn) == [25, 24])
        let hours = try Self.bounds("hour", "2026-10-25 00:00 +0200", "2026-10-26 00:00 +0100", rule: Self.warsaw)
        #expect(Self.hours(hours) == Array(repeating: 1, count: 25))
    }

    @Test func monthsAndYearsAreThoseOfTheCalendar() throws {
        let months = try Self.bounds("month", "2028-01-01 00:00 Z", "2028-04-01 00:00 Z")
        #expect(Self.hours(months).map { $0 / 24 } == [31, 29, 31])
        let years = try Self.bounds("year", "1999-07-01 00:00 Z", "2001-01-01 00:00 Z")
        #expect(Self.hours(years).map { $0 / 24 } == [184, 366])
        let weeks = try Self.bounds("week", "2026-11-21 00:00 Z", "2026-12-01 00:00 Z")
        #expect(Self.hours(weeks).map { $0 / 24 } == [2, 7, 1])
    }

    @Test(arguments: [
        ("0.000001s", "be 315619200000000 windows"), ("1ms", "be 315619200000 windows"), ("1s", "be 315619200 windows"),
        ("hour", "some 87672 windows"),
    ])
    func tooManyWindowsAreCounted(step: String, message: String) {
        let failure = #expect(throws: WindowLength.Invalid.self) {
            try Self.bounds(step, "2016-01-01 00:00 Z", "2026-01-01 00:00 Z")
        }
        #expect(failure?.description.contains(message) == true)
    }

    @Test func theMostAreAnswered() throws {
        #expect(try Self.bounds("1s", "2026-01-01 00:00:00 Z", "2026-01-01 02:46:40 Z").count == 10_001)
        let failure = #expect(throws: WindowLength.Invalid.self) {
            try Self.bounds("1s", "2026-01-01 00:00:00 Z", "2026-01-01 02:46:41 Z")
        }
        #expect(failure?.description.contains("10001 windows, and there may be 10000") == true)
    }

    @Test(arguments: ["0", "0s", "", "1x", "-5m", "days", "Day", "0ms"])
    func whatIsNoStepIsRefused(text: String) {
        #expect(throws: WindowLength.Invalid.self) { try WindowLength(parsing: text) }
    }

    @Test func stepsAreSuggested() {
        let failure = #expect(throws: WindowLength.Invalid.self) { try WindowLength(parsing: "mnoth") }
        #expect(failure?.description.contains("did you mean 'month'?") == true)
    }

    @Test func rangesThatAreNoneAreRefused() {
        for until in ["2026-01-01 00:00 Z", "2025-12-31 00:00 Z"] {
            #expect(throws: WindowLength.Invalid.self) { try Self.bounds("1h", "2026-01-01 00:00 Z", until) }
        }
    }

    @Test(arguments: [
        WindowLength.every(Duration(microseconds: 1)), .every(Duration(microseconds: .max)), .calendar(.hour),
        .calendar(.year),
        .whole,
    ])
    func theWholeOfTimeDoesNotTrap(step: WindowLength) {
        let bounds = try? step.bounds(since: .distantPast, until: .distantFuture, zone: .utc)
        if let bounds { #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }) }
        #expect(
            (try? step.bounds(since: .distantFuture - .seconds(9000), until: .distantFuture, zone: .utc)) != nil
                || step == .every(Duration(microseconds: 1)))
        #expect(
            (try? step.bounds(since: .distantPast, until: .distantPast + .seconds(9000), zone: .utc)) != nil
                || step == .every(Duration(microseconds: 1)))
    }
}
