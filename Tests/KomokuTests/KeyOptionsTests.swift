import Komoku
import Testing

@Suite struct KeyOptionsTests {
    @Test func `options merge, unknown ones are kept`() throws {
        let first = try KeyOptions([JSON.Member("max_time", 77), JSON.Member("colour", "red")])
        let second = try first.merging([JSON.Member("max_time", 123), JSON.Member("unit", "W")])
        #expect(second.maxTime == .seconds(123))
        #expect(second.unit == "W")
        #expect(JSON.object(second.defined).text == #"{"colour":"red","max_time":123,"unit":"W"}"#)
    }

    @Test func `defaults are filled in by type`() {
        let filled = JSON.object(KeyOptions().filledIn(for: .uptime))
        #expect(filled.text == #"{"max_time":60,"min_resolution":0,"same_value_resolution":60}"#)
        #expect(JSON.object(KeyOptions().filledIn(for: .numeric))["max_time"] == nil)
    }

    @Test(arguments: [
        ("max_time", "0"), ("max_time", "-1"), ("max_time", "\"5m\""), ("same_value_resolution", "-0.1"),
        ("min_resolution", "null"), ("precision", "16"), ("precision", "1.5"), ("values", "[]"), ("values", "[1]"),
        ("unit", "1"), ("event", "1"),
    ])
    func `a value that an option cannot take is refused`(name: String, value: String) throws {
        let member = JSON.Member(name, try JSON(parsing: value))
        #expect(throws: CommandError.invalidValue) { try KeyOptions([member]) }
    }
}
