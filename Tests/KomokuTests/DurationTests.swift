import Komoku
import Testing

@Suite struct DurationTests {
    @Test(arguments: [
        ("90s", 90.0), ("5m", 300), ("2h", 7200), ("1d", 86_400), ("250ms", 0.25), ("1h30m", 5400), ("1.5h", 5400),
        ("0", 0),
        ("0s", 0), ("1w", 604_800), ("2y", 63_072_000),
    ])
    func `a duration is counts with units`(text: String, seconds: Double) throws {
        #expect(try Duration(parsing: text).seconds == seconds)
    }

    @Test(arguments: ["", "5", "m", "5 m", "-5m", "5x", "5M", "1S", "1mo", "5m3", "1e9d", "99999999999999999d", "٣s"])
    func `other texts are no durations`(text: String) {
        #expect(throws: Duration.Invalid.self) { try Duration(parsing: text) }
    }

    @Test(arguments: ["90s", "5m", "2h", "1d", "250ms", "1h30m", "1d1s", "1.5s", "1m0.5s"])
    func `a duration reads back from its text`(text: String) throws {
        let duration = try Duration(parsing: text)
        #expect(try Duration(parsing: duration.description) == duration)
    }

    @Test func `durations are shown in whole units`() {
        #expect(Duration.seconds(90).description == "1m30s")
        #expect(Duration.seconds(5400).description == "1h30m")
        #expect(Duration.milliseconds(250).description == "250ms")
    }

    @Test(arguments: [
        ("1S", 1.0), ("5M", 300), ("2H", 7200), ("1d", 86_400), ("1w", 604_800), ("1m", 2_678_400), ("1y", 31_536_000),
    ])
    func `a wire step has its own letters`(text: String, seconds: Double) {
        #expect(WireStep(text)?.duration.seconds == seconds)
    }

    @Test(arguments: ["", "S", "0S", "01S", "1s", "1h", "-1S", "+1S", "1.5S", "1 S", "999999999999999999999y", "1SS"])
    func `other texts are no wire steps`(text: String) {
        #expect(WireStep(text) == nil)
    }
}
