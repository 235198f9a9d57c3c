import Komoku
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuHub

@Suite struct DeviceCatalogueTests {
    @Test func `what a property is about is kept over a restart, and a new answer is noticed`() async throws {
        try await DeviceHouse.run { house in
            var property = PropertyDescription("reed", .boolean)
            property.deviceClass = "door"
            await house.apply(DeviceDescription("d", "front", with: [property]))
            try house.restart()
            let key = try #require(KeyName("front.reed"))
            #expect(await house.hub.catalogueEntry(of: key)?.deviceClass == "door")
            let before = await house.hub.keyDescriptions
            property.deviceClass = "window"
            await house.apply(DeviceDescription("d", "front", with: [property]))
            #expect(await house.hub.catalogueEntry(of: key)?.deviceClass == "window")
            #expect(await house.hub.keyDescriptions != before)
        }
    }

    @Test func aDescribedDeviceHasKeysWithItsOptions() async throws {
        try await DeviceHouse.run { house in
            var temperature = PropertyDescription("temperature", .numeric, unit: "°C")
            temperature.expectEvery = .seconds(3600)
            var action = PropertyDescription("action", .string)
            (action.values, action.isEvent) = (["on", "off"], true)
            var description = DeviceDescription("0x1", "Kitchen", with: [temperature, action])
            (description.manufacturer, description.model, description.sleeps) = ("Aqara", "WSDCGQ11LM", true)
            description.unsupported = [DeviceDescription.Unsupported(what: "x", reason: "no")]
            await house.apply(description)
            let key = try #require(await house.hub.key(house.test.name("kitchen.temperature")))
            #expect(JSON.object(key.options.defined).text == #"{"expect_every":3600,"unit":"°C"}"#)
            #expect(key.defined.defined == [])
            #expect(key.property == PropertyID(DeviceID("0x1"), "temperature"))
            #expect(try await house.hub.key(house.test.name("kitchen.action"))?.options.isEvent == true)
            await house.observe("0x1", "temperature", 20.5)
            try house.restart()
            let info = try #require(await house.hub.device("0x1"))
            #expect(info.properties.map(\.description) == [temperature, action])
            #expect(info.properties.map(\.last?.value) == [.number(20.5), nil])
            #expect(info.lastSeen == house.clock.now)
            #expect(info.isOnline == nil)
            #expect(info.unsupported == description.unsupported)
            #expect([info.manufacturer, info.model, info.source] == ["Aqara", "WSDCGQ11LM", "test"])
            #expect(info.sleeps && info.isPresent)
            #expect(try await house.hub.key(house.test.name("kitchen.action"))?.options.isEvent == true)
            #expect(await house.hub.device("Kitchen") == info)
            #expect(await house.hub.device("kitchen") == info)
            #expect(await house.hub.device("KITCHEN") == nil)
        }
    }

    @Test func anUnchangedDescriptionWritesNothing() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x"))
            #expect(await house.hub.writesNothing([.described(DeviceDescription("a", "a", "x"))]))
            try house.restart()
            #expect(await house.hub.writesNothing([.described(DeviceDescription("a", "a", "x"))]))
        }
    }

    @Test func whatADeviceHasNoMoreKeepsItsKey() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x", "y"))
            await house.observe("a", "x", 1)
            await house.apply(DeviceDescription("a", "a", "y"))
            for _ in 0..<2 {
                let properties = await house.hub.device("a")?.properties ?? []
                #expect(properties.map(\.key.text) == ["a.y", "a.x"])
                #expect(properties.map(\.isPresent) == [true, false])
                #expect(try await house.hub.key(house.test.name("a.x"))?.property == nil)
                await house.observe("a", "x", 2)
                #expect(try await house.history("a.x") == ["1"])
                try house.restart()
            }
            await house.apply(DeviceDescription("a", "a", "x", "y"))
            await house.observe("a", "x", 3)
            #expect(try await house.history("a.x") == ["1", "3"])
            #expect(await house.names() == ["a.x", "a.y"])
        }
    }

    @Test func aDeviceThatIsGoneIsOfflineAndKeptUntilItIsForgotten() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "lamp", with: [.online, PropertyDescription("x", .numeric)]))
            await house.observe("a", "online", true)
            await house.observe("a", "x", 1)
            let seen = house.clock.now
            #expect(await house.hub.device("a")?.isOnline == true)
            await #expect(throws: CommandRefusal.self) { try await house.hub.forget(DeviceID("a")) }
            house.clock.advance(by: .seconds(60))
            await house.remove("a")
            await house.remove("nobody")
            for _ in 0..<2 {
                let info = try #require(await house.hub.device("lamp"))
                #expect(!info.isPresent)
                #expect(info.isOnline == false)
                #expect(info.lastSeen == seen)
                try house.restart()
            }
            try await house.hub.forget(DeviceID("a"))
            try house.restart()
            #expect(await house.hub.devices() == [])
            #expect(await house.names() == ["lamp.online", "lamp.x"])
            await #expect(throws: CommandRefusal.self) { try await house.hub.forget(DeviceID("a")) }
            // It comes back to what it had.
            await house.apply(DeviceDescription("a", "lamp", "x"))
            await house.observe("a", "x", 2)
            #expect(try await house.history("lamp.x") == ["1", "2"])
        }
    }

    @Test func anotherTypeLeavesTheHistoryUnderAnotherName() async throws {
        try await DeviceHouse.run { house in
            let numeric = PropertyDescription("x", .numeric, unit: "W")
            await house.apply(DeviceDescription("a", "a", with: [numeric]))
            await house.observe("a", "x", 1)
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .string)]))
            await house.observe("a", "x", "two")
            #expect(try await house.history("a.x") == ["two"])
            #expect(try await house.history("a.x_was_numeric") == ["1"])
            #expect(try await house.hub.key(house.test.name("a.x_was_numeric"))?.options.unit == "W")
            #expect(try await house.hub.key(house.test.name("a.x"))?.options.unit == nil)
            #expect(house.log.text.contains("another type"))
            await house.apply(DeviceDescription("a", "a", with: [numeric]))
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .boolean)]))
            try house.restart()
            #expect(await house.names() == ["a.x", "a.x_was_numeric", "a.x_was_numeric_2", "a.x_was_string"])
            #expect(await house.hub.device("a")?.properties.map(\.type) == [.boolean])
        }
    }

    @Test func anotherTypeAndAnotherNameAtOnce() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.observe("a", "x", 1)
            await house.apply(DeviceDescription("a", "b", with: [PropertyDescription("x", .string)]))
            await house.observe("a", "x", "two")
            #expect(await house.names() == ["b.x", "b.x_was_numeric"])
            let history = try await house.history("b.x")
            #expect(history == ["two"])
        }
    }

    @Test func anotherUnitIsAnotherOption() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .numeric, unit: "W")]))
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .numeric, unit: "kW")]))
            let name = try house.test.name("a.x")
            #expect(await house.hub.key(name)?.options.unit == "kW")
            #expect(house.log.text.contains("another unit"))
        }
    }

    @Test func theConfigurationOfAKeyIsAboveTheDevice() async throws {
        try await DeviceHouse.run {
            for (key, type, unit) in [("a.x", nil, "kW"), ("*.energy", KeyType.counter, "J"), ("*.y", .string, "V")] {
                $0.keys.append(
                    .init(
                        pattern: try KeyPattern(validating: key), type: type,
                        options: [JSON.Member("unit", .string(unit))]))
            }
        } _: { house in
            let properties = ["x", "energy", "y"].map { PropertyDescription($0, .numeric, unit: "W") }
            await house.apply(DeviceDescription("a", "a", with: properties))
            let keys = await house.hub.keys(matching: .all)
            #expect(keys.map(\.name.text) == ["a.energy", "a.x", "a.y"])
            #expect(keys.map(\.type) == [.counter, .numeric, .numeric])
            #expect(keys.map(\.options.unit) == ["W", "kW", "W"])
            #expect(await house.hub.device("a")?.properties.map(\.type) == [.numeric, .counter, .numeric])
        }
    }

    @Test func aDeclaredTypeCountsMoreThanAGuess() async throws {
        try await DeviceHouse.run {
            for (key, type) in [("a.version", KeyType.string), ("a.level", .numeric)] {
                $0.keys.append(.init(pattern: try KeyPattern(validating: key), type: type, options: []))
            }
        } _: { house in
            func guess(_ type: KeyType) -> [PropertyDescription] {
                ["version", "level", "other"].map {
                    var property = PropertyDescription($0, type)
                    property.isGuessed = true
                    return property
                }
            }
            await house.apply(DeviceDescription("a", "a", with: guess(.numeric)))
            await house.observe("a", "version", 2)
            await house.observe("a", "level", 3)
            for _ in 0..<2 {
                await house.apply(DeviceDescription("a", "a", with: guess(.string)))
                try house.restart()
            }
            await house.observe("a", "version", "1.0.13")
            await house.observe("a", "level", "high")
            await house.observe("a", "level", "4")
            #expect(await house.names() == ["a.level", "a.other", "a.other_was_numeric", "a.version"])
            let keys = await house.hub.keys(matching: .all)
            #expect(keys.map(\.type) == [.numeric, .string, .numeric, .string])
            #expect(try await house.history("a.version") == ["2", "1.0.13"])
            #expect(try await house.history("a.level") == ["3", "4"])
        }
    }

    @Test func aKeyThatAPersonDefinedKeepsItsTypeAgainstAGuess() async throws {
        try await DeviceHouse.run { house in
            var guess = PropertyDescription("x", .numeric)
            guess.isGuessed = true
            await house.apply(DeviceDescription("a", "a", with: [guess]))
            try await house.test.define("a.x", "numeric", [JSON.Member("precision", 1)])
            await house.observe("a", "x", 1)
            guess.type = .string
            await house.apply(DeviceDescription("a", "a", with: [guess]))
            try house.restart()
            await house.observe("a", "x", "1.0.13")
            await house.observe("a", "x", "2.5")
            #expect(await house.names() == ["a.x"])
            #expect(try await house.history("a.x") == ["1", "2.5"])
        }
    }

    @Test func aKeyWithoutADeviceIsAdoptedWhereItsTypeFits() async throws {
        try await DeviceHouse.run { house in
            try await house.test.define("a.x", "counter")
            try await house.test.define("a.y", "string")
            try await house.test.define("a.online", "boolean")
            try await house.test.put("a.x", 1)
            await house.apply(
                DeviceDescription(
                    "a", "a",
                    with: [PropertyDescription("x", .numeric), PropertyDescription("y", .numeric), .online]))
            #expect(await house.keys("a") == ["x": "a.x", "y": "a.y_2", "online": "a.online_2"])
            await house.observe("a", "x", 2)
            #expect(try await house.history("a.x") == ["1", "2"])
            await house.apply(DeviceDescription("b", "A", "x"))
            #expect(await house.keys("b") == ["x": "a_b.x"])
        }
    }

    @Test func aDeletedKeyIsMadeAgainByTheNextValue() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.observe("a", "x", 1)
            try await house.hub.delete(house.test.name("a.x"))
            await house.observe("a", "x", 2)
            #expect(try await house.history("a.x") == ["2"])
            try await house.hub.delete(house.test.name("a.x"))
            try house.restart()
            await house.observe("a", "x", 3)
            #expect(try await house.history("a.x") == ["3"])
        }
    }

    @Test func aKeyThatIsMergedIntoAnotherIsThatOne() async throws {
        try await DeviceHouse.run { house in
            try await house.test.put("old", 1)
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.observe("a", "x", 2)
            let (from, into) = (try house.test.name("a.x"), try house.test.name("old"))
            await withCheckedContinuation { done in
                house.hub.enqueue { hub in hub.merge(from, into: into) { _, _ in done.resume() } }
            }
            try house.restart()
            await house.observe("a", "x", 3)
            #expect(await house.names() == ["old"])
            #expect(try await house.history("old") == ["1", "2", "3"])
        }
    }

    @Test func discoveryMessagesAreKept() async throws {
        try await DeviceHouse.run { house in
            await house.hub.apply([
                .remembered(topic: "b", payload: [1, 0, 255]), .remembered(topic: "a", payload: []),
                .remembered(topic: "c", payload: [1]),
            ])
            await house.hub.apply([.remembered(topic: "c", payload: nil)])
            try house.restart()
            let found = await house.hub.takeDiscoveries()
            #expect(found.map(\.topic) == ["a", "b"])
            #expect(found.map(\.payload) == [[], [1, 0, 255]])
        }
    }

    @Test func tooManyDevicesOrPropertiesAreRefusedWithOneLine() async throws {
        try await DeviceHouse.run {
            $0.maximumDevices = 10
            $0.maximumProperties = 15
        } _: { house in
            for number in 0..<100 { await house.apply(DeviceDescription("\(number)", "d\(number)", "x")) }
            #expect(await house.hub.devices().count == 10)
            await house.apply(DeviceDescription("0", "d0", "x", "y", "z", "u", "v", "w"))
            await house.apply(DeviceDescription("1", "d1", "x", "y"))
            #expect(await house.names().count == 15)
            #expect(house.log.text.components("left out") == 1)
        }
    }

    @Test func tooManyKeysLeavePropertiesOut() async throws {
        try await DeviceHouse.run {
            $0.maximumKeys = 2
        } _: { house in
            await house.apply(DeviceDescription("a", "a", "x", "y", "z"))
            #expect(await house.names() == ["a.x", "a.y"])
            await house.observe("a", "z", 1)
            #expect(await house.hub.counters.unknownProperties == 1)
            try house.restart { $0.maximumKeys = 3 }
            #expect(await house.names() == ["a.x", "a.y", "a.z"])
        }
    }
}

extension Hub {
    /// Whether updates decide nothing.
    fileprivate func writesNothing(_ updates: [DeviceUpdate]) -> Bool {
        handOver()
        apply(updates)
        return batch.isEmpty
    }
}

extension String {
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
