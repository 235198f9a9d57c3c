import Komoku
import Testing

@Suite struct KeyOptionsTests {
    @Test func `options merge, and unknown ones are refused`() throws {
        let first = try KeyOptions([JSON.Member("max_time", 77), JSON.Member("precision", 1)])
        let second = try first.merging([JSON.Member("max_time", 123), JSON.Member("unit", "W")])
        #expect(second.maxTime == .seconds(123))
        #expect(second.unit == "W")
        #expect(JSON.object(second.defined).text == #"{"max_time":123,"precision":1,"unit":"W"}"#)
        #expect(throws: CommandError.invalidValue) { try first.merging([JSON.Member("colour", "red")]) }
        let kept = KeyOptions(keptBefore: [JSON.Member("colour", "red"), JSON.Member("max_time", 77)])
        #expect(JSON.object(kept.defined).text == #"{"max_time":77}"#)
    }

    @Test func `defaults are filled in by type`() {
        let filled = JSON.object(KeyOptions().filledIn(for: .uptime))
        #expect(filled.text == #"{"max_time":60,"min_resolution":0,"same_value_resolution":60}"#)
        #expect(JSON.object(KeyOptions().filledIn(for: .numeric))["max_time"] == nil)
    }

    @Test func `null is never for what ends by itself`() throws {
        let options = try KeyOptions([JSON.Member("max_time", .null), JSON.Member("expect_every", 90)])
        #expect(options.maxTime == nil)
        #expect(options.expectEvery == .seconds(90))
        #expect(try options.merging([JSON.Member("expect_every", .null)]).expectEvery == nil)
        #expect(KeyOptions().expectEvery == nil)
        let filled = JSON.object(options.filledIn(for: .uptime)).text
        #expect(filled == #"{"expect_every":90,"max_time":null,"min_resolution":0,"same_value_resolution":60}"#)
    }

    @Test func `a log of texts has its limits, and only texts make one`() throws {
        let options = try KeyOptions([
            JSON.Member("log", true), JSON.Member("keep", 1000), JSON.Member("keep_for", 86_400),
        ])
        #expect(options.isLog && options.keep == 1000 && options.keepFor == .seconds(86_400))
        #expect(KeyType.allCases.filter { KeyOption.misfit("log", true, for: $0) == nil } == [.string])
        #expect(KeyType.allCases.allSatisfy { KeyOption.misfit("log", false, for: $0) == nil })
    }

    @Test(arguments: [("20/h", 20, 3600), ("0.5/s", 0.5, 1), ("3", 3, 3600), ("1/m", 1, 60), ("48/d", 48, 86_400)])
    func `a rate is by a second, minute, hour or day`(text: String, count: Double, seconds: Double) {
        #expect(CounterRate(parsing: text)?.perSecond == count / seconds)
        #expect(CounterRate(.string(text))?.perSecond == count / seconds)
    }

    @Test func `only counters have a kind, a modulus and a highest rate`() {
        for option: JSON.Member in [.init("kind", "derive"), .init("modulus", 65_536), .init("max_rate", 20)] {
            #expect(KeyOption.named(option.name)?.takes(option.value) == true)
            let types = KeyType.allCases.filter { KeyOption.misfit(option.name, option.value, for: $0) == nil }
            #expect(types == [.counter])
        }
    }

    @Test(arguments: [
        ("max_time", "0"), ("max_time", "-1"), ("max_time", "\"5m\""), ("same_value_resolution", "-0.1"),
        ("min_resolution", "null"), ("precision", "16"), ("precision", "1.5"), ("values", "[]"), ("values", "[1]"),
        ("unit", "1"), ("event", "1"), ("log", "1"), ("log", "null"), ("keep", "0"), ("keep", "1.5"), ("keep", "\"5\""),
        ("keep_for", "0"), ("keep_for", "true"), ("expect_every", "0"), ("expect_every", "1e-9"),
        ("expect_every", "\"1h\""), ("kind", "\"gauge\""), ("modulus", "0"), ("max_rate", "\"20/w\""),
        ("max_rate", "-1"),
    ])
    func `a value that an option cannot take is refused`(name: String, value: String) throws {
        let member = JSON.Member(name, try JSON(parsing: value))
        #expect(throws: CommandError.invalidValue) { try KeyOptions([member]) }
    }
}
