import Komoku
import KomokuTesting
import Testing

@testable import KomokuHub

/// Which names the keys of devices get.
@Suite struct KeyNamingTests {
    @Test func devicesOfOneNameAreToldApartByTheirIDs() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("0x11ab", "Lamp", "x"))
            await house.apply(DeviceDescription("0x22cd", "lamp", "x"), DeviceDescription("0x2222cd", "LAMP!", "x"))
            await house.apply(DeviceDescription("22cd", "lamp", "x"))
            #expect(await house.keys("0x11ab") == ["x": "lamp.x"])
            #expect(await house.keys("0x2222cd") == ["x": "lamp_22cd.x"])
            #expect(await house.keys("0x22cd") == ["x": "lamp_x22cd.x"])
            #expect(await house.keys("22cd") == ["x": "lamp_22cd_2.x"])
            try house.restart()
            #expect(await house.keys("0x22cd") == ["x": "lamp_x22cd.x"])
        }
    }

    @Test func propertiesOfOneNameAreNumbered() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "A B", "a b", "a_b", "🔥", "💧", "value"))
            #expect(
                await house.keys("a") == [
                    "a_b": "a.a_b", "A B": "a.a_b_2", "a b": "a.a_b_3", "value": "a.value", "💧": "a.value_2",
                    "🔥": "a.value_3",
                ])
            await house.apply(DeviceDescription("a", "a", "A B"))
            #expect(await house.keys("a")["A B"] == "a.a_b_2")
        }
    }

    @Test func composedAndDecomposedLettersAreDifferent() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("1", "é", "x"), DeviceDescription("2", "e\u{301}", "x"))
            #expect(await house.hub.keyCount == 2)
            #expect(await house.hub.device("é")?.id == DeviceID("1"))
        }
    }

    @Test func theOrderOfABatchDoesNotMatter() async throws {
        let names = [
            "Lamp", "lamp", "LAMP", "lamp_0001", "Lamp 0001", "x/y", "x y", "🔥", String(repeating: "n", count: 300),
        ]
        var found: Set<[String: [String: String]]> = []
        for seed in 0..<12 {
            var random = SplitMix(seed: UInt64(seed))
            try await DeviceHouse.run { house in
                try await house.test.define("lamp.x", "string")
                var devices = names.enumerated().map { DeviceDescription("id\($0)0001", $1, "x", "X", "y z", "y_z") }
                devices.shuffle(using: &random)
                await house.hub.apply(devices.map { .described($0) })
                var renamed = devices.map { device in
                    var device = device
                    device.name = names[(names.firstIndex(of: device.name) ?? 0) * 4 % names.count]
                    return device
                }
                renamed.shuffle(using: &random)
                await house.hub.apply(renamed.map { .described($0) })
                var keys: [String: [String: String]] = [:]
                for device in devices { keys[device.id.text] = await house.keys(device.id.text) }
                #expect(Set(keys.values.flatMap(\.values)).count == names.count * 4)
                found.insert(keys)
            }
        }
        #expect(found.count == 1)
    }

    @Test func renamedDevicesTakeTheirHistoryAlong() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "Kitchen", "x"), DeviceDescription("b", "Hall", "x"))
            await house.observe("a", "x", 1)
            await house.observe("b", "x", 2)
            let id = await house.hub.key(try house.test.name("kitchen.x"))?.id
            await house.apply(DeviceDescription("b", "Kitchen", "x"), DeviceDescription("a", "Hall", "x"))
            await house.observe("a", "x", 3)
            await house.observe("b", "x", 4)
            #expect(try await house.history("hall.x") == ["1", "3"])
            #expect(try await house.history("kitchen.x") == ["2", "4"])
            #expect(try await house.hub.key(house.test.name("hall.x"))?.id == id)
            try house.restart()
            #expect(await house.keys("a") == ["x": "hall.x"])
            // The other way, one after the other.
            await house.apply(DeviceDescription("a", "Kitchen", "x"))
            #expect(await house.keys("a") == ["x": "kitchen_a.x"])
            try house.restart()
            await house.apply(DeviceDescription("b", "Hall", "x"))
            #expect(await house.keys("a") == ["x": "kitchen.x"])
            #expect(await house.keys("b") == ["x": "hall.x"])
            #expect(try await house.history("kitchen.x") == ["1", "3"])
            #expect(house.log.text.contains("another name"))
        }
    }

    @Test func aNewcomerKeepsItsSuffixWhenTheNameBecomesFree() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "Lamp", "x"))
            await house.apply(DeviceDescription("b", "Lamp", "x"))
            await house.apply(DeviceDescription("a", "Desk", "x"))
            #expect(await house.keys("b") == ["x": "lamp_b.x"])
            await house.remove("a")
            await house.apply(DeviceDescription("c", "Desk", "x"))
            #expect(await house.keys("c") == ["x": "desk_c.x"], "who is gone keeps its name until it is forgotten")
        }
    }

    @Test func aNameThatAPersonChoseStays() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x", "y"))
            try await house.hub.rename(house.test.name("a.x"), to: house.test.name("mine"))
            await house.apply(DeviceDescription("a", "a", "x", "y", "z"))
            #expect(await house.keys("a") == ["x": "mine", "y": "a.y", "z": "a.z"])
            try house.restart()
            await house.apply(DeviceDescription("a", "b", "x", "y", "z"))
            #expect(await house.keys("a") == ["x": "mine", "y": "b.y", "z": "b.z"])
            await house.observe("a", "x", 1)
            #expect(try await house.history("mine") == ["1"])
        }
    }

    @Test func aForeignKeyKeepsItsNameWhenADeviceMovesThere() async throws {
        try await DeviceHouse.run { house in
            try await house.test.put("b.x", 1)
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.apply(DeviceDescription("a", "b", "x"))
            #expect(await house.keys("a") == ["x": "b.x_2"])
        }
    }

    @Test func whatADeviceHasNoMoreMovesWithIt() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", "x", "y"))
            await house.apply(DeviceDescription("a", "a", "x"))
            await house.apply(DeviceDescription("a", "b", "x"))
            #expect(await house.names() == ["b.x", "b.y"])
        }
    }

    @Test func theConfigurationNamesDevicesAndKeys() async throws {
        func names(_ entries: DeviceNames.Entry...) -> DeviceNames {
            var names = DeviceNames()
            names.entries = entries
            return names
        }
        func key(_ pattern: String, _ template: String) throws -> DeviceNames.Entry {
            let pattern = try KeyPattern(validating: pattern)
            return .key(
                pattern: pattern,
                template: try DeviceNames.Template(template, wildcards: KeyCaptures.count(in: pattern)))
        }
        let living = DeviceNames.Entry.device(text: "0x1", part: try KeyName(validating: "living.climate"))
        try await DeviceHouse.run {
            $0.deviceNames = names(living, try key("*.linkquality", "signal.{1}"))
        } _: { house in
            await house.apply(DeviceDescription("0x1", "Sensor", "t", "linkquality"))
            await house.apply(DeviceDescription("0x2", "Lamp", "t", "linkquality"))
            #expect(await house.keys("0x1") == ["t": "living.climate.t", "linkquality": "living.climate.linkquality"])
            #expect(await house.keys("0x2") == ["t": "lamp.t", "linkquality": "signal.lamp"])
            await house.observe("0x2", "linkquality", 1)
            var configuration = house.configuration
            configuration.deviceNames = names(try key("**.linkquality", "signal"), try key("lamp.**", "l.{1}"))
            await house.hub.reload(configuration)
            #expect(await house.keys("0x1") == ["t": "sensor.t", "linkquality": "signal"])
            #expect(await house.keys("0x2") == ["t": "l.t", "linkquality": "signal_2"])
            await house.observe("0x2", "linkquality", 2)
            #expect(try await house.history("signal_2") == ["1", "2"])
            try house.restart { $0.deviceNames = names(living) }
            #expect(await house.keys("0x1") == ["t": "living.climate.t", "linkquality": "living.climate.linkquality"])
            #expect(try await house.history("lamp.linkquality") == ["1", "2"])
        }
    }
}
