import Komoku
import KomokuExpression
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// Triggers that say what they are for.
struct PurposeTests {
    private static func rule(_ trigger: String, _ more: String = "") -> String {
        "rules:\n- {name: r, mode: {parallel: 9}, when: \(trigger), \(more) then: {log: \"{trigger} {key} {value}\"}}\n"
    }

    @Test func `motion of a room fires for what tells of it, and for keys that come later`() async throws {
        try await EngineHouse.run(Self.rule("{motion: hall}")) { house in
            try await house.put("hall.motion", true)
            #expect(house.done == ["r: motion hall.motion true"])
            try await house.put("hall.motion", false)
            try await house.put("hall.light", true)
            #expect(house.done.isEmpty)
            try await house.define("hall.pir.occupancy", "boolean")
            try await house.define("upstairs.occupancy", "boolean")
            try await house.put("hall.pir.occupancy", true)
            try await house.put("upstairs.occupancy", true)
            #expect(house.done == ["r: motion hall.pir.occupancy true"])
        }
    }

    @Test func `a contact that is false is open, a door that is true is`() async throws {
        let rules = """
            rules:
            - {name: opened, when: {opened: "**"}, then: {log: "{key}"}}
            - {name: closed, when: {closed: "**"}, then: {log: "{key}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.define("front_door.contact", "boolean")
            try await house.define("garage.state", "string", [JSON.Member("values", ["OPEN", "CLOSE", "STOP"])])
            // The first thing that is heard of it is no end of anything.
            try await house.put("front_door.contact", true)
            #expect(house.done.isEmpty)
            try await house.put("front_door.contact", false)
            #expect(house.done == ["opened: front_door.contact"])
            try await house.put("front_door.contact", true)
            #expect(house.done == ["closed: front_door.contact"])
            try await house.put("door.front", true)
            try await house.put("door.front", false)
            #expect(house.done.isEmpty, "its last part is no word for a door")
            try await house.put("garage.state", "STOP")
            try await house.put("garage.state", "OPEN")
            try await house.put("garage.state", "CLOSE")
            #expect(house.done == ["opened: garage.state", "closed: garage.state"])
        }
    }

    @Test func `a key that is named is meant, and a word in a name is looked for anywhere`() async throws {
        let rules = """
            rules:
            - {name: named, when: {opened: door.front}, then: {log: "{key}"}}
            - {name: word, when: {opened: "*door*"}, then: {log: "{key}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.define("cellar_door_2.contact", "boolean")
            try await house.define("attic.left_door", "boolean")
            try await house.put("door.front", true)
            #expect(house.done == ["named: door.front"])
            try await house.put("cellar_door_2.contact", false)
            try await house.put("attic.left_door", true)
            #expect(house.done == ["word: cellar_door_2.contact", "word: attic.left_door"])
        }
    }

    @Test func `what is left open is told once for each door, over a restart and a reload`() async throws {
        let rules = Self.rule("{left_open: [\"*door\", gate], for: 10m}")
        try await EngineHouse.run(rules) { house in
            for key in ["a_door.contact", "b_door.contact"] {
                try await house.define(key, "boolean")
                try await house.put(key, true)
            }
            try await house.put("a_door.contact", false)
            await house.advance(.seconds(60))
            try await house.put("b_door.contact", false)
            try await house.restart(rules, after: .seconds(60))
            try await house.reload(rules)
            await house.advance(.seconds(420))
            try await house.put("b_door.contact", true)
            #expect(house.done.isEmpty)
            await house.advance(.seconds(61))
            #expect(house.done == ["r: left_open a_door.contact false"])
            await house.advance(.seconds(3600))
            #expect(house.done.isEmpty)
        }
    }

    @Test func `a battery is low below 20 percent, once until it was well above, over a restart`() async throws {
        let rules = Self.rule("{battery_low: \"**\"}")
        try await EngineHouse.run(rules) { house in
            try await house.define("a.battery", "numeric", [JSON.Member("unit", "%")])
            try await house.define("b.battery_low", "boolean")
            try await house.define("c.battery", "numeric", [JSON.Member("unit", "V")])
            for value in [30.0, 21, 19, 18, 21, 19, 24.9, 10] { try await house.put("a.battery", .number(value)) }
            #expect(house.done == ["r: battery_low a.battery 19"])
            try await house.restart(rules)
            for value in [24.0, 12] { try await house.put("a.battery", .number(value)) }
            #expect(house.done.isEmpty)
            for value in [26.0, 19] { try await house.put("a.battery", .number(value)) }
            #expect(house.done == ["r: battery_low a.battery 19"])
            try await house.put("b.battery_low", true)
            try await house.put("c.battery", 3)
            #expect(house.done == ["r: battery_low b.battery_low true"])
        }
    }

    @Test func `a battery that got low while the hub was down is told with its next report`() async throws {
        let rules = Self.rule("{battery_low: \"**\"}")
        try await EngineHouse.run(rules) { house in
            try await house.define("a.battery", "numeric")
            try await house.put("a.battery", 40)
            try await house.restart(rules, after: .seconds(3600))
            try await house.observe("a.battery", .number(15), .retained)
            #expect(house.done.isEmpty)
            try await house.observe("a.battery", .number(14))
            #expect(house.done == ["r: battery_low a.battery 14"])
        }
    }

    @Test func `a device that tells the charge is not asked for its own opinion of it, and the limit can be another`()
        async throws
    {
        try await EngineHouse.run(Self.rule("{battery_low: a, below: 50}")) { house in
            try await house.define("a.battery_low", "boolean")
            try await house.define("a.battery", "numeric")
            try await house.put("a.battery_low", true)
            try await house.put("a.battery", 70)
            try await house.put("a.battery", 49)
            #expect(house.done == ["r: battery_low a.battery 49"])
        }
    }

    @Test func `buttons, persons, and devices that go and come`() async throws {
        let rules = """
            rules:
            - {name: press, when: {pressed: button, action: [double, hold]}, then: {log: "{value}"}}
            - {name: any, when: {pressed: "**"}, then: {log: "{value}"}}
            - {name: came, when: {arrived: anna}, then: {log: "{value}"}}
            - {name: went, when: {left: anna}, then: {log: "{value}"}}
            - {name: gone, when: {unavailable: hall}, then: {log: "{value}"}}
            - {name: back, when: {came_back: hall}, then: {log: "{value}"}}
            - {name: on, when: {turned_on: hall}, then: {log: "{key}"}}
            - {name: off, when: {turned_off: "*.light"}, then: {log: "{key}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("button.action", "single")
            try await house.put("button.action", "double")
            #expect(house.done == ["any: single", "press: double", "any: double"])
            try await house.define("anna.tracker.home", "string")
            for value in ["home", "not_home", "home"] { try await house.put("anna.tracker.home", .string(value)) }
            #expect(house.done == ["came: home", "went: not_home", "came: home"])
            for value in [true, false, true] { try await house.put("hall.online", .bool(value)) }
            #expect(house.done == ["gone: false", "back: true"])
            for value in [true, false] { try await house.put("hall.light", .bool(value)) }
            #expect(house.done == ["on: hall.light", "off: hall.light"])
        }
    }

    @Test func `what the broker replays fires only where that is wanted`() async throws {
        let rules = """
            rules:
            - {name: live, when: {leak: "**"}, then: {log: "{key}"}}
            - {name: all, when: {leak: "**", retained: true}, then: {log: "{key}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.observe("cellar.water_leak", .boolean(true), .retained)
            #expect(house.done == ["all: cellar.water_leak"])
        }
    }

    @Test func `a run can wait for one`() async throws {
        let rules = """
            rules:
            - {name: r, when: {start: true}, then: [{wait_for: {closed: "*door"}, timeout: 1h}, {log: "{trigger} {key} {timed_out}"}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.define("a_door.contact", "boolean")
            try await house.put("a_door.contact", false)
            try await house.restart(rules)
            try await house.put("hall.motion", true)
            #expect(house.done.isEmpty)
            try await house.put("a_door.contact", true)
            #expect(house.done.first == "r: closed a_door.contact false")
        }
    }

    @Test func `a key of another type under the same name is looked at anew`() async throws {
        try await EngineHouse.run(Self.rule("{motion: \"**\"}")) { house in
            try await house.define("x.motion", "numeric")
            try await house.put("x.motion", 1)
            #expect(house.done.isEmpty)
            let name = try #require(KeyName("x.motion"))
            try await house.hub.delete(name)
            try await house.define("x.motion", "boolean")
            try await house.put("x.motion", true)
            #expect(house.done == ["r: motion x.motion true"])
        }
    }

    @Test func `a device that comes later counts by its class, also for what was held over a restart`() async throws {
        let rules = Self.rule("{left_open: \"**\", for: 10m}")
        try await EngineHouse.run(rules) { house in
            var reed = PropertyDescription("reed", .boolean)
            reed.deviceClass = "window"
            let setting = { () -> PropertyDescription in
                var setting = PropertyDescription("open_window", .boolean)
                (setting.category, setting.isWritable) = (.config, true)
                return setting
            }()
            var device = DeviceDescription(id: DeviceID("0x9"), source: "test", name: "attic")
            device.properties = [reed, setting]
            await house.hub.apply([.described(device)])
            for (name, value) in [("reed", true), ("open_window", true)] {
                let feed = Feed(PropertyID(DeviceID("0x9"), name), topic: "attic")
                await house.hub.apply([Observation(feed: feed, content: .value(.boolean(value)), provenance: .live)])
            }
            await house.advance(.seconds(120))
            try await house.restart(rules, after: .seconds(60))
            await house.advance(.seconds(421))
            #expect(house.done == ["r: left_open attic.reed true"])
        }
    }

    @Test func `the rule tells for which keys it fires`() async throws {
        try await EngineHouse.run(Self.rule("{motion: hall}")) { house in
            let keys = await house.on { hub, engine in engine.status(of: "r", in: hub)?.keys[0]?.map(\.text) }
            #expect(keys == ["hall.motion"])
            try await house.reload(Self.rule("{motion: attic}"))
            let quiet = await house.on { hub, engine in engine.status(of: "r", in: hub)?.quiet }
            #expect(quiet == "no key matches motion attic")
        }
    }
}

extension EngineHouse {
    func define(_ key: String, _ type: String, _ options: [JSON.Member] = []) async throws {
        try await hub.define([Definition(name: key, type: .string(type), options: options)])
        await settle()
    }
}
