import Glibc
import Komoku
import KomokuTesting
import Testing

/// Calendars in the real daemon.
@Suite struct CalendarTests {
    /// Seconds from now until an event begins, and its name; each lasts a minute.
    private static func calendar(_ events: (Int, String)...) -> String {
        let lines = events.map { seconds, name in
            func text(_ ahead: Int) -> String {
                var (moment, parts) = (time(nil) + ahead, tm())
                gmtime_r(&moment, &parts)
                var buffer = [CChar](repeating: 0, count: 32)
                strftime(&buffer, buffer.count, "%Y%m%dT%H%M%SZ", &parts)
                return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            return "BEGIN:VEVENT\nUID:\(name)\nDTSTART:\(text(seconds))\nDTEND:\(text(seconds + 60))\nSUMMARY:\(name)\n"
                + "END:VEVENT\n"
        }
        return "BEGIN:VCALENDAR\n\(lines.joined())END:VCALENDAR\n"
    }

    @Test func `the check shows the next event, and what is wrong with a file is a warning`() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(Self.calendar((3600, "Soon"), (7200, "Later")), to: "good.ics")
        try folder.write("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:x\nEND:VEVENT\nEND:VCALENDAR\n", to: "bad.ics")
        try folder.write(
            "calendars: {good: good.ics, bad: bad.ics, gone: gone.ics}\nholidays: [easter]\n", to: "k.yaml")
        let (code, output) = try await RunningProcess.run("komokud", ["--check", "--config", folder.path("k.yaml")])
        #expect(code == 0)
        for expected in [
            "calendar good: 2 events, next ", " Soon", "calendar bad: 0 events, none to come", "holidays: next ",
            "bad.ics:3:1: warning: this event has no start", "'gone.ics' cannot be read",
        ] {
            #expect(output.contains { $0.contains(expected) }, "\(expected) in \(output)")
        }
    }

    @Test func `an event that begins while the hub is killed fires after it, once, and a reload moves events`()
        async throws
    {
        let house = try House(
            """
            calendars: {c: c.ics}
            keys: {n: {type: counter}}
            rules: [{name: a, when: {calendar: c}, mode: {queued: 9}, then: {increment: n}}]
            """)
        defer { house.remove() }
        try house.folder.write(Self.calendar((8, "one"), (8, "two"), (3600, "three")), to: "c.ics")
        var hub = try await house.start(subscribed: false)
        // So that the times are on disk.
        try await Task.sleep(for: .seconds(2))
        hub.end(9)
        try await Task.sleep(for: .seconds(8))
        hub = try await house.start(subscribed: false)
        defer { hub.end() }
        try await house.wait(for: "n", 2)
        try house.folder.write(Self.calendar((-5, "past"), (2, "three")), to: "c.ics")
        hub.signal(SIGHUP)
        try await house.wait(for: "n", 3)
    }
}
