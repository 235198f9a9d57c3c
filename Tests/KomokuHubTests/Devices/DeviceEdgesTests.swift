import Komoku
import KomokuHub
import KomokuTesting
import Testing

/// What sits between devices and other things that keys are.
@Suite struct DeviceEdgesTests {
    private func configured(_ pattern: String, _ type: KeyType, _ configuration: inout Hub.Configuration) throws {
        configuration.keys.append(
            Hub.Configuration.KeyEntry(
                pattern: try KeyPattern(validating: pattern), type: type, options: [JSON.Member("max_time", 90)]))
    }

    @Test(arguments: ["hall.motion", "*.motion"])
    func aBooleanPropertyIsAnUptimeKeyWhereTheConfigurationWantsIt(pattern: String) async throws {
        try await DeviceHouse.run({ try configured(pattern, .uptime, &$0) }) { house in
            let description = DeviceDescription("a", "hall", with: [PropertyDescription("motion", .boolean)])
            await house.apply(description)
            #expect(await house.names() == ["hall.motion"])
            await house.observe("a", "motion", true)
            try house.restart()
            await house.apply(description)
            await house.test.clock.advance(by: .seconds(90), for: house.hub)
            #expect(await house.names() == ["hall.motion"])
            #expect(try await house.history("hall.motion") == ["true", "false"])
            // It fell: that is not when something was heard.
            let seen = try #require(await house.hub.device("a")?.lastSeen)
            #expect(house.clock.now - seen == .seconds(90))
        }
    }

    @Test func aReplayedPressIsNoPress() async throws {
        try await DeviceHouse.run { house in
            var action = PropertyDescription("action", .string)
            action.isEvent = true
            await house.apply(DeviceDescription("a", "button", with: [action]))
            let feed = Feed(PropertyID(DeviceID("a"), "action"), topic: "t")
            await house.test.observe(feed, .value(.string("single")), provenance: .retained)
            let before = try await house.history("button.action")
            #expect(before == [])
            await house.test.observe(feed, .value(.string("single")))
            await house.test.observe(feed, .value(.string("double")), provenance: .retained)
            let after = try await house.history("button.action")
            #expect(after == ["single"])
        }
    }

    @Test func whatADeviceOnceHadIsBounded() async throws {
        try await DeviceHouse.run { house in
            for number in 0..<8 {
                let names = (0..<300).map { "p\(number)_\($0)" }
                await house.apply(
                    DeviceDescription("a", "a", with: names.map { PropertyDescription($0, .numeric) }))
            }
            for _ in 0..<2 {
                let properties = await house.hub.device("a")?.properties ?? []
                #expect(properties.count == 300 + 1024)
                #expect(properties.count(where: \.isPresent) == 300)
                try house.restart()
            }
            #expect(await house.hub.keyCount == 2400)
        }
    }

    @Test func devicesAreListedByNameAfterEachChange() async throws {
        try await DeviceHouse.run { house in
            func listed() async -> [String] {
                var (found, after): ([String], (name: String, id: DeviceID)?) = ([], nil)
                while let next = await house.hub.devices(after: after, limit: 1).first {
                    found.append("\(next.name) \(next.id)")
                    after = (next.name, next.id)
                }
                return found
            }
            await house.apply(DeviceDescription("2", "b", "x"), DeviceDescription("1", "b", "x"))
            #expect(await listed() == ["b 1", "b 2"])
            await house.apply(DeviceDescription("3", "a", "x"))
            #expect(await listed() == ["a 3", "b 1", "b 2"])
            await house.apply(DeviceDescription("1", "c", "x"))
            #expect(await listed() == ["a 3", "b 2", "c 1"])
            await house.remove("2")
            try await house.hub.forget(DeviceID("2"))
            #expect(await listed() == ["a 3", "c 1"])
            try house.restart()
            #expect(await listed() == ["a 3", "c 1"])
        }
    }

    /// Thousands that call themselves the same cost no more than others.
    @Test(.timeLimit(.minutes(1)))
    func devicesThatCannotBeToldApartByTheEndOfTheirIDsAreNamedInTime() async throws {
        try await TestHub.run { test in
            let tail = String(repeating: "0", count: 24)
            let devices = (0..<4000).map { DeviceDescription("\($0)-\(tail)", "lamp", "x") }
            let time = await ContinuousClock().measure { await test.hub.apply(devices.map { .described($0) }) }
            #expect(time < .seconds(10))
            #expect(await test.hub.keyCount == 4000)
        }
    }

    @Test func `options of a mapping stay over a reload, and go with the mapping`() async throws {
        var configuration = Hub.Configuration()
        let source = KeySource("t", shape: KeyShape([.segment]), options: [JSON.Member("unit", "W")])
        configuration.sources = KeySources([source])
        try await TestHub.run(configuration: configuration) { test in
            let feed = Feed(key: try test.name("a"), topic: "t", type: .numeric, source: source)
            await test.observe(feed, .value(.number(1)))
            await test.hub.reload(configuration)
            #expect(try await test.hub.key(test.name("a"))?.options.unit == "W")
            await test.hub.reload(Hub.Configuration())
            #expect(try await test.hub.key(test.name("a"))?.options.unit == nil)
            await test.observe(feed, .value(.number(2)))
            #expect(try await test.hub.key(test.name("a"))?.options.unit == nil)
        }
    }
}
