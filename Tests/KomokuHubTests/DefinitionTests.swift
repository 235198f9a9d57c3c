import Komoku
import Testing

@testable import KomokuHub

@Suite struct DefinitionTests {
    @Test func `definitions are all or nothing, and the first error by name is told`() async throws {
        try await TestHub.run { test in
            let definitions = [
                Definition(name: "z", type: "colour", options: []), Definition(name: "a", type: "numeric", options: []),
                Definition(name: "m", type: nil, options: []),
            ]
            await #expect(throws: CommandError.typeNotProvided) { try await test.hub.define(definitions) }
            #expect(await test.hub.keyCount == 0)
        }
    }

    @Test(arguments: [
        (Definition(name: "a b", type: "numeric", options: []), CommandError.invalidKey),
        (Definition(name: "x", type: "colour", options: []), .invalidType),
        (Definition(name: "x", type: 5, options: []), .invalidType),
        (Definition(name: "x", type: nil, options: []), .typeNotProvided),
        (Definition(name: "known", type: "string", options: []), .typeMismatch),
        (Definition(name: "x", type: "uptime", options: [JSON.Member("max_time", 0)]), .invalidValue),
        (Definition(name: "x", type: "numeric", options: [JSON.Member("log", true)]), .invalidValue),
        (Definition(name: "x", type: "numeric", options: [JSON.Member("colour", "red")]), .invalidValue),
        (Definition(name: "x", type: "boolean", options: [JSON.Member("precision", 2)]), .invalidValue),
        (
            Definition(
                name: "x", type: "string", options: [JSON.Member("unit", .string(String(repeating: "m", count: 257)))]),
            .invalidValue
        ),
    ])
    func `a wrong definition has its error`(definition: Definition, error: CommandError) async throws {
        try await TestHub.run { test in
            try await test.define("known", "numeric")
            await #expect(throws: error) { try await test.hub.define([definition]) }
        }
    }

    @Test func `options merge and the same again is accepted`() async throws {
        try await TestHub.run { test in
            try await test.define("u", "uptime", [JSON.Member("max_time", 77)])
            try await test.define("u", "uptime", [JSON.Member("unit", "x")])
            try await test.define("u", "uptime", [JSON.Member("unit", "x")])
            let info = try #require(await test.hub.key(test.name("u")))
            #expect(JSON.object(info.defined.defined).text == #"{"max_time":77,"unit":"x"}"#)
            #expect(info.options.maxTime == .seconds(77))
        }
    }

    @Test func `where no more keys may be made, those that exist can still be defined`() async throws {
        var configuration = Hub.Configuration()
        configuration.maximumKeys = 2
        try await TestHub.run(configuration: configuration) { test in
            try await test.define("a", "numeric")
            try await test.define("b", "numeric")
            try await test.define("a", "numeric", [JSON.Member("unit", "W")])
            await #expect(throws: CommandError.invalidKey) { try await test.define("c", "numeric") }
            await #expect(throws: CommandError.invalidKey) { try await test.put("c", 1) }
        }
    }

    @Test func `options that no key has any more are not remembered for ever`() async throws {
        try await TestHub.run { test in
            for index in 1...3000 {
                try await test.define("a", "uptime", [JSON.Member("max_time", .number(Double(index)))])
            }
            #expect(await test.hub.sharedSettings.count <= 1024)
            #expect(await test.hub.key(try test.name("a"))?.options.maxTime == .seconds(3000))
        }
    }

    @Test func `the configuration's more specific entry wins, and a definition wins over it`() async throws {
        var configuration = Hub.Configuration()
        configuration.keys = [
            .init(pattern: try KeyPattern(validating: "hall.lux"), type: nil, options: [JSON.Member("precision", 0)]),
            .init(
                pattern: .all, type: nil,
                options: [JSON.Member("same_value_resolution", 5), JSON.Member("precision", 3)]),
            .init(
                pattern: try KeyPattern(validating: "hall.*"), type: .numeric, options: [JSON.Member("precision", 2)]),
        ]
        try await TestHub.run(configuration: configuration) { test in
            try await test.put("hall.lux", "12")
            let info = try #require(await test.hub.key(test.name("hall.lux")))
            #expect(info.type == .numeric)
            #expect(info.options.precision == 0)
            #expect(info.options.sameValueResolution == .seconds(5))
            try await test.define("hall.lux", "numeric", [JSON.Member("precision", 1)])
            #expect(await test.hub.key(try test.name("hall.lux"))?.options.precision == 1)
        }
    }

    @Test func `a deleted key is gone with its history and can be made again with another type`() async throws {
        try await TestHub.run { test in
            try await test.put("a", 1)
            try await test.hub.delete(test.name("a"))
            #expect(try await test.last("a") == nil)
            await #expect(throws: CommandError.invalidKey) { try await test.hub.delete(test.name("a")) }
            try await test.put("a", "text")
            #expect(await test.hub.key(try test.name("a"))?.type == .string)
            #expect(try await test.points("a").count == 1)
        }
    }

    @Test func `keys are listed by pattern, in order, in parts`() async throws {
        try await TestHub.run { test in
            for key in ["hall.lux", "hall.motion", "kitchen.lamp", "hall"] { try await test.put(key, 1) }
            let pattern = try KeyPattern(validating: "hall.*")
            #expect(await test.hub.keys(matching: pattern).map(\.name.text) == ["hall.lux", "hall.motion"])
            let part = await test.hub.keys(matching: .all, after: try test.name("hall"), limit: 2)
            #expect(part.map(\.name.text) == ["hall.lux", "hall.motion"])
            func all() async -> [String] { await test.hub.keys(matching: .all).map(\.name.text) }
            for key in ["zoo", "attic", "hall.a"] { try await test.put(key, 1) }
            #expect(await all() == ["attic", "hall", "hall.a", "hall.lux", "hall.motion", "kitchen.lamp", "zoo"])
            try await test.put("b", 1)
            try await test.hub.delete(test.name("hall.lux"))
            try await test.put("hall.z", 1)
            #expect(await all() == ["attic", "b", "hall", "hall.a", "hall.motion", "hall.z", "kitchen.lamp", "zoo"])
        }
    }
}
