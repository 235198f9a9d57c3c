import Komoku
import KomokuHub
import KomokuTesting
import Testing

/// Sources that are switched on and off, and devices that are announced in bursts.
@Suite struct DeviceSourcesTests {
    private static let lamp = DeviceDescription("a", "lamp", with: [.online, PropertyDescription("level", .numeric)])

    private static func without(_ configuration: Hub.Configuration) -> Hub.Configuration {
        var configuration = configuration
        configuration.deviceSources = ["another"]
        return configuration
    }

    @Test func `the devices of a source that is switched off are not present, and come back with it`() async throws {
        try await DeviceHouse.run { house in
            var other = DeviceDescription("b", "plug", "power")
            other.source = "another"
            await house.apply(Self.lamp, other)
            await house.observe("a", "online", true)
            await house.observe("a", "level", 5)
            let seen = house.clock.now
            await house.hub.reload(Self.without(house.configuration))
            let lamp = try #require(await house.hub.device("a"))
            #expect(!lamp.isPresent && lamp.isOnline == false && lamp.lastSeen == seen.wholeMilliseconds)
            #expect(try #require(await house.hub.device("b")).isPresent)
            #expect(try await house.test.last("lamp.level") == .number(5))
            await house.hub.reload(house.configuration)
            #expect(await house.hub.device("a")?.isPresent == false, "until it is heard of")
            await house.apply(Self.lamp)
            #expect(await house.hub.device("a")?.isPresent == true)
            #expect(await house.keys("a") == ["online": "lamp.online", "level": "lamp.level"])
        }
    }

    @Test func `a source that was switched off while the hub was down is so too, and its devices can be forgotten`()
        async throws
    {
        try await DeviceHouse.run { house in
            await house.apply(Self.lamp)
            try house.restart { $0 = Self.without($0) }
            #expect(await house.hub.device("a")?.isPresent == false)
            try house.restart { $0.deviceSources = nil }
            #expect(await house.hub.device("a")?.isPresent == false, "it is kept so")
            try await house.hub.forget(DeviceID("a"))
            #expect(await house.hub.devices().isEmpty)
        }
    }

    @Test func `after a burst of devices somebody is told once it is quiet, at most once a minute`() async throws {
        try await DeviceHouse.run { house in
            let times = Collector<Timestamp>()
            await house.hub.whenDevicesSettle { [clock = house.clock] in times.append(clock.now) }
            let start = house.clock.now
            for _ in 0..<3 {
                await house.apply(Self.lamp)
                await house.clock.advance(by: .seconds(4), for: house.hub)
            }
            #expect(times.elements.isEmpty)
            await house.clock.advance(by: .seconds(1), for: house.hub)
            #expect(times.elements.map { $0 - start } == [.seconds(13)])
            await house.apply(Self.lamp)
            await house.clock.advance(by: .seconds(59), for: house.hub)
            #expect(times.elements.count == 1)
            await house.clock.advance(by: .seconds(1), for: house.hub)
            await house.clock.advance(by: .seconds(600), for: house.hub)
            #expect(times.elements.map { $0 - start } == [.seconds(13), .seconds(73)])
        }
    }

    @Test func `what a device says of its keys stays with them when the same is said again from elsewhere`()
        async throws
    {
        try await DeviceHouse.run { house in
            var level = PropertyDescription("level", .numeric, unit: "%")
            (level.isWritable, level.maximum) = (true, 100)
            let lamp = { DeviceDescription("a", "lamp", with: [.online, level, PropertyDescription("x", .string)]) }
            await house.apply(lamp())
            try house.restart()
            await house.apply(lamp())
            let key = try #require(await house.hub.key(house.test.name("lamp.level")))
            #expect(key.property == PropertyID(DeviceID("a"), "level") && key.isWritable && key.options.unit == "%")
            level.maximum = 50
            await house.apply(lamp())
            let (name, other) = (try house.test.name("lamp.level"), try house.test.name("lamp.x"))
            #expect(await house.hub.putFault(name, 60) != nil)
            #expect(await house.hub.key(other)?.property?.name == "x")
        }
    }
}
