import Komoku
import KomokuExpression
import Testing

struct TimeTextTests {
    private static func berlin() throws -> Zone { try Zone(name: "Berlin", rule: "CET-1CEST,M3.5.0,M10.5.0/3") }

    private func write(_ text: String, at seconds: Int64 = 1_794_787_445) throws -> String {
        let zone = try Self.berlin()
        let time = Timestamp(microseconds: seconds * 1_000_000)
        let compiled = try House.compileRule(text)
        return compiled.evaluate {
            guard case .clock(let call) = $0 else { return nil }
            return call.value(at: time, in: zone)
        }?.description ?? "?"
    }

    /// format | 2026-11-16 00:24:05 +0100, as `date -d @1794785045 +FORMAT` of GNU writes it.
    static let table = #"""
        %Y-%m-%d %H:%M:%S | 2026-11-16 00:24:05
        %F %T             | 2026-11-16 00:24:05
        %j %V %G %y %u %w | 320 47 2026 26 1 1
        %a %A %b %B       | Mon Monday Nov November
        %I:%M %p          | 12:24 AM
        %e.%-m. %-H:%M    | 16.11. 0:24
        %z %Z %s          | +0100 CET 1794785045
        100 %%            | 100 %
        it''s %H o'clock  | it's 00 o'clock
        %R %D             | 00:24 11/16/26
        """#

    @Test(arguments: table.split(separator: "\n"))
    func `a time is written in the hub's zone, in English`(_ line: Substring) throws {
        let columns = line.split(separator: "|").map(ExpressionTests.trim)
        let format = columns[0].contains("''") ? columns[0].split(separator: "''").joined(separator: "'") : columns[0]
        let quoted = format.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        #expect(try write("strftime(now, '\(quoted)')", at: 1_794_785_045) == columns[1])
    }

    @Test func `in summer the other offset counts, and a day at the turn of the year has the week of its Thursday`()
        throws
    {
        #expect(try write("strftime(1782000000, '%H:%M %Z %z')") == "02:00 CEST +0200")
        #expect(try write("strftime(1798761600, '%G-W%V %Y')") == "2026-W53 2027")
        #expect(try write("strftime(-1, '%Y %s')") == "1970 -1")
        #expect(try write("strftime(1e300, '%Y')") == "?")
    }

    static let faults: [(String, String)] = [
        ("strftime(now, '%H:%q')", "18: '%q' is no part of a time"),
        ("strftime(now, '%H%')", "17: a time's format ends after '%'"),
        ("strftime(now, note)", "14: the format of strftime is a text in quotes: '%H:%M'"),
        ("strftime(note, '%H')", "9: strftime takes a time, note is text"),
    ]

    @Test(arguments: faults)
    func `an unknown part is refused with its place`(_ text: String, _ words: String) {
        let faults = #expect(throws: Expression.Faults.self) { try House.compileRule(text) }
        #expect(faults?.description == words)
    }

    @Test func `a duration is no time`() throws {
        let warnings = try Expression.parse("strftime(5m, '%H')").checkWithWarnings(in: House.rule()).warnings
        #expect(warnings.map(\.description) == ["9: 5m is a duration, strftime takes a time; write now + 5m"])
    }

    @Test func `since is looked at when it reaches its limit`() throws {
        let reads = try House.compileRule("since(note) > 10m").reads
        #expect(reads.isTimeDependent && reads.ageLimits.isEmpty && reads.keys.map(\.text) == ["note"])
        let start = Timestamp(microseconds: 1_783_000_000_000_000)
        #expect(reads.nextChange(after: start, in: .utc, lastChanged: { _ in start }) == start + .seconds(600))
        #expect(reads.nextChange(after: start, in: .utc) == start.adding(seconds: 20))
        #expect(try House.compileRule("since(note)").reads.interval == .seconds(1))
    }
}

extension Timestamp {
    fileprivate func adding(seconds: Int64) -> Timestamp { self + .seconds(seconds) }
}
