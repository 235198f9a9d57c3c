import Komoku
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuRules

/// Times, dates and crons as rules and their tests write them.
struct ScheduleFuzzTests {
    @Test func `no time of a rule makes the hub trap`() {
        Fuzz.run("schedules", seeds: 8000) { source in
            let fields = (0..<5).map { _ in
                let (a, b, c) = (source.number(), source.number(), source.below(70))
                return source.pick([
                    "*", a, "\(a)-\(b)", "*/\(a)", "\(c)-\(c)/\(b)", "\(c),\(a)", "mon-fri", "jan/\(c)", "0/\(c)",
                ])
            }
            _ = try? Cron(parsing: fields.joined(separator: " "))
            let date = [source.number(), source.pick(["1", "12", "13"]), source.pick(["1", "31", source.number()])]
            let clock = (0...source.below(3)).map { _ in source.pick([source.number(), "12", "59"]) }
            for text in [
                date.joined(separator: "-") + " 06:30", "2026-03-27 " + clock.joined(separator: ":"), source.text(),
            ] {
                for now in [Timestamp.distantPast, .distantFuture, Timestamp(microseconds: 0)] {
                    _ = RuleTestTime(text)?.moment(after: now, in: .utc)
                }
                _ = SpokenTime.remedy(for: text)
            }
        }
    }

    @Test func `a year that no clock shows is no date`() {
        #expect(RuleTestTime("9223372036854775807-01-01 06:30") == nil)
    }
}
