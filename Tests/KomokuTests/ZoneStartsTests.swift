import Testing

@testable import Komoku

@Suite struct ZoneStartsTests {
    private static let zones = [
        "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "XXX5YYY,M3.2.0/0,M11.1.0/0",
        // Over midnight, and by days of the year.
        "AAA3BBB,M10.3.0/0,M2.3.0/0", "EST5EDT4,J60/-2,J300/26", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
    ]

    @Test(arguments: zones, CalendarUnit.allCases)
    func theyAreWhatTheCalendarSaysOneByOne(rule: String, unit: CalendarUnit) throws {
        let zone = try Zone(name: "x", rule: rule)
        for begin in [1_700_000_000_000_000, -3_000_000_000_000_123, 8_000_000_000_000_000] as [Int64] {
            let start = Timestamp(microseconds: begin)
            let end = start + .seconds(unit == .hour ? 300 * 86_400 : 900 * 86_400)
            var slow: [Timestamp] = []
            var time = zone.start(of: unit, after: start)
            while time < end {
                slow.append(time)
                time = zone.start(of: unit, after: time)
            }
            let starts = zone.starts(of: unit, after: start, before: end)
            #expect(starts == slow)
            #expect(zone.locals(at: starts) == slow.map { zone.local($0) })
            #expect(zone.starts(of: unit, after: start, before: end, limit: 5) == Array(slow.prefix(5)))
        }
    }

    @Test func aMillionHoursTakeNoTime() throws {
        let zone = try Zone(name: "x", rule: Self.zones[1])
        let start = Timestamp(microseconds: 60_000_000_000_000_000)
        let starts = zone.starts(of: .hour, after: start, before: start + .seconds(1_000_000 * 3600), limit: 999_999)
        #expect(starts.count == 999_999)
    }
}
