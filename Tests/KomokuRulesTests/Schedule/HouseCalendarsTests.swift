import Komoku
import KomokuExpression
import KomokuTesting
import KomokuYAML
import Testing

@testable import KomokuRules

/// The sections `calendars` and `holidays`, and what rules say of them.
struct HouseCalendarsTests {
    private static let event = "BEGIN:VEVENT\nDTSTART:20261224T180000\nDTEND:20261224T190000\nSUMMARY:Eve\nEND:VEVENT\n"

    /// Reads a configuration beside `good.ics` and `bad.ics`.
    private static func read(_ text: String) throws -> (calendars: HouseCalendars, findings: [String]) {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write("BEGIN:VCALENDAR\n\(event)END:VCALENDAR\n", to: "good.ics")
        try folder.write(
            "BEGIN:VCALENDAR\n\(event)BEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n", to: "bad.ics")
        try folder.write(text, to: "k.yaml")
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.load(folder.path("k.yaml"))
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        let settings = SettingsReader(try #require(document.root), report: report)
        let calendars = HouseCalendars.read(settings, zoneNamed: "Europe/Warsaw", now: Timestamp(microseconds: 0))
        var environment = RuleText.environment
        environment.calendars = calendars
        _ = RuleSet.read(settings, environment: environment)
        settings.finish()
        let findings = report.diagnostics.sorted.map { $0.description.replacing(folder.path(""), with: "") }
        return (calendars, findings)
    }

    @Test func `files and days are read`() throws {
        let text = """
            calendars: {a: {file: good.ics}, b: good.ics}
            holidays: [2026-12-24, 12-25, easter, easter - 2, {date: easter+1, name: Monday}, {file: good.ics}, bad.ics]
            """
        let (calendars, findings) = try Self.read(text)
        #expect(
            findings == [
                "bad.ics:8:1: warning: this event has no start that can be read; write DTSTART:20261224T180000, or DTSTART;VALUE=DATE:20261224"
            ])
        let time = try #require(Timestamp(dated: "2026-12-24T18:30:00+01:00"))
        #expect(calendars.value(of: .isOn("a"), at: time) == .boolean(true))
        #expect(calendars.value(of: .event("b"), at: time) == .string("Eve"))
        #expect(calendars.value(of: .holiday(1), at: time) == .boolean(true))
        #expect(calendars.value(of: .holiday(2), at: time) == .boolean(false))
        let easter = try #require(Timestamp(dated: "2026-04-05T00:30:00+02:00"))
        #expect(calendars.value(of: .holiday(0), at: easter) == .boolean(true))
        #expect(calendars.value(of: .holiday(-2), at: easter) == .boolean(true))
        #expect(calendars.value(of: .holidayName(1), at: easter) == .string("Monday"))
        #expect(calendars.value(of: .holidayName(2), at: easter) == nil)
    }

    @Test(arguments: [
        (
            "calendars: {a: missing.ics}",
            "k.yaml:1:16: warning: 'missing.ics' cannot be read: No such file or directory"
        ),
        ("calendars: {a: {}}", "k.yaml:1:16: error: 'a' needs 'file'; write {file: school.ics}"),
        ("calendars: {a: {fil: x}}", "k.yaml:1:16: error: 'a' needs 'file'"),
        ("calendars: [a]", "k.yaml:1:12: error: 'calendars' expects a mapping"),
        ("holidays: [02-30]", "February has no day 30"), ("holidays: [easter+99]", "at most 70 days away"),
        ("holidays: [{name: x}]", "needs 'date' or 'file'; write {date: 12-25, name: Christmas}"),
        ("holidays: [Christmas]", "expects a date such as 2026-12-25, 12-25 for every year, or easter+1"),
        (
            "calendars: {abc: good.ics}\nrules: [{name: a, when: {calendar: abd}, then: {log: x}}]",
            "did you mean 'abc'?"
        ),
        (
            "rules: [{name: a, when: {calendar: abd}, then: {log: x}}]",
            "there is no calendar 'abd'; write calendars: {abd: "
        ),
        (
            "rules: [{name: a, when: {becomes: \"calendar('x')\"}, then: {log: x}}]",
            "there is no calendar 'x'; write calendars: "
        ),
        (
            "rules: [{name: a, when: {at: '07:00'}, if: holiday(), then: {log: x}}]",
            "there are no holidays; write holidays: "
        ),
        (
            "rules: [{name: a, when: {at: '07:00', days: workdays}, then: {log: x}}]",
            "there are no holidays; write holidays: "
        ),
        ("rules: [{name: a, when: {cron: '0 7 * * *', only: holidays}, then: {log: x}}]", "there are no holidays"),
        (
            "holidays: [12-25]\nrules: [{name: a, when: {at: '07:00', days: [workdays, sat]}, then: {log: x}}]",
            "'workdays' stands beside other days"
        ),
        (
            "holidays: [12-25]\nrules: [{name: a, when: {at: '07:00', except: sunday}, then: {log: x}}]",
            "only holidays can be left out"
        ),
        (
            "rules: [{name: a, when: {event: button.action, offset: 5m}, then: {log: x}}]",
            "'offset' belongs to 'calendar'"
        ),
        (
            "calendars: {c: good.ics}\nrules: [{name: a, when: {calendar: c, event: begin}, then: {log: x}}]",
            "'start', 'end'"
        ),
    ])
    func `what is wrong is said, with its remedy`(_ text: String, _ expected: String) throws {
        let findings = try Self.read(text).findings
        #expect(findings.contains { $0.contains(expected) }, "\(findings)")
    }
}
