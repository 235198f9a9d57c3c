import Komoku
import KomokuHub
import KomokuTesting
import Testing

@Suite struct ObservationTests {
    private func feed(_ key: String, _ type: KeyType? = nil, source: KeySource? = nil) throws -> Feed {
        Feed(key: try KeyName(validating: key), topic: "t/\(key)", type: type, source: source)
    }

    @Test func `a declared feed makes its key with its type and options`() async throws {
        var configuration = Hub.Configuration()
        let options = [JSON.Member("unit", "W"), JSON.Member("precision", 1)]
        let source = KeySource("t/power", shape: KeyShape(naming: try KeyName(validating: "power")), options: options)
        configuration.sources = KeySources([source])
        try await TestHub.run(configuration: configuration) { test in
            let power = try feed("power", .numeric, source: source)
            await test.observe(power, .value(.number(12.34)))
            let info = try #require(await test.hub.key(test.name("power")))
            #expect(info.type == .numeric)
            #expect(info.options.unit == "W")
            #expect(info.last?.value == .number(12.3))
        }
    }

    @Test func `an undeclared feed is inferred once; what does not fit later becomes a dead letter`() async throws {
        try await TestHub.run { test in
            let level = try feed("level")
            await test.observe(level, .text("71"))
            await test.observe(level, .text("sensor error"))
            await test.observe(level, .text(" 72 "))
            #expect(try await test.last("level") == .number(72))
            let counters = await test.hub.counters
            #expect(counters.refused == 1)
            #expect(counters.deadLetters == 1)
            let mode = try feed("mode")
            await test.observe(mode, .text("armed"))
            await test.observe(mode, .text("5"))
            #expect(try await test.last("mode") == .string("5"))
        }
    }

    @Test func `a retained replay of what is known is no news`() async throws {
        try await TestHub.run { test in
            let level = try feed("level")
            await test.observe(level, .text("71"))
            let time = try await test.hub.last(test.name("level"))?.time
            test.clock.advance(by: .seconds(500))
            await test.observe(level, .text("71"), provenance: .retained)
            #expect(try await test.hub.last(test.name("level"))?.time == time)
            await test.observe(level, .text("72"), provenance: .retained)
            #expect(try await test.hub.last(test.name("level"))?.provenance == .retained)
        }
    }

    @Test func `a feed finds its key again after it was deleted`() async throws {
        try await TestHub.run { test in
            let level = try feed("level")
            await test.observe(level, .text("71"))
            try await test.hub.delete(test.name("level"))
            await test.observe(level, .text("full"))
            #expect(await test.hub.key(try test.name("level"))?.type == .string)
        }
    }
}
