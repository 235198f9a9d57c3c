import Komoku
import KomokuExpression
import KomokuHub
import Testing

@testable import KomokuRules

struct PurposeReadingTests {
    private static let entries: [String: KeyCatalogue.Entry] = {
        func entry(_ type: KeyType, _ change: (inout KeyCatalogue.Entry) -> Void = { _ in }) -> KeyCatalogue.Entry {
            var entry = KeyCatalogue.Entry(type)
            change(&entry)
            return entry
        }
        return [
            "hall_sensor.occupancy": entry(.boolean) { $0.access = .report },
            "hall_sensor.motion_sensitivity": entry(.string) { $0.isSetting = true },
            "front.front_opening": entry(.boolean) { ($0.access, $0.deviceClass) = (.report, "door") },
            "front.lock_sensor": entry(.boolean) { ($0.access, $0.deviceClass) = (.report, "lock") },
            "front.bolt": entry(.boolean) { ($0.access, $0.deviceClass) = (.command, "lock") },
            "front.odd_door": entry(.boolean) { ($0.access, $0.deviceClass) = (.report, "moisture") },
            "lamp.state": entry(.boolean) { $0.access = .command },
            "lamp.child_lock": entry(.boolean) { ($0.access, $0.isSetting) = (.command, true) },
            "plug.state_left": entry(.boolean) { $0.access = .command },
            "porch.power1": entry(.boolean) { $0.access = .command },
            "meter.power": entry(.numeric) { $0.unit = "W" },
            "sensor.state": entry(.boolean) { $0.access = .report },
            "remote.action": entry(.string) { ($0.isEvent, $0.values) = (true, ["single", "double"]) },
            "remote.battery": entry(.numeric) { $0.unit = "%" },
            "shelly.relay.0": entry(.boolean) { $0.access = .command },
            "rain.battery_state": entry(.string) { $0.values = ["low", "medium", "high"] },
        ]
    }()

    private static func environment(_ names: [String], discovers: Bool = false) -> RuleEnvironment {
        var environment = RuleEnvironment(
            key: { name in
                guard let entry = names.contains(name.text) ? entries[name.text] : nil else {
                    return discovers ? .dynamic : nil
                }
                var declaration = RuleEnvironment.Declaration(ValueKind(entry.type), values: entry.values)
                declaration.isEvent = entry.isEvent
                return declaration
            }, candidates: { names.sorted().compactMap { KeyName($0) } }, mayDiscover: discovers, warnsOfUnknown: false)
        environment.entry = { names.contains($0.text) ? entries[$0.text] : nil }
        environment.knowsHouse = true
        return environment
    }

    private static func read(_ trigger: String, _ names: [String] = entries.keys.sorted()) -> RuleText {
        RuleText(
            "rules:\n- {name: r, when: \(trigger), then: {log: x}}\n", environment: environment(names, discovers: true))
    }

    @Test(arguments: [
        ("{motion: \"**\"}", ["hall_sensor.occupancy"]),
        ("{opened: \"**\"}", ["front.front_opening"]),
        ("{opened: front}", ["front.front_opening"]),
        ("{opened: front.odd_door}", ["front.odd_door"]),
        ("{leak: \"*\"}", ["front.odd_door"]),
        ("{locked: \"**\"}", ["front.bolt", "front.lock_sensor"]),
        ("{turned_on: \"**\"}", ["lamp.state", "plug.state_left", "porch.power1", "shelly.relay.0"]),
        ("{turned_on: [lamp, plug]}", ["lamp.state", "plug.state_left"]),
        ("{pressed: \"**\"}", ["remote.action"]),
        ("{battery_low: \"**\"}", ["rain.battery_state", "remote.battery"]),
        ("{battery_low: \"rem*\"}", ["remote.battery"]),
    ])
    func `the keys are found by class, name, type and what they are for`(_ trigger: String, _ keys: [String]) throws {
        let read = Self.read(trigger)
        #expect(read.findings.isEmpty)
        let known = try #require(read.set.rules.first).triggers.flatMap(\.known).map(\.text)
        #expect(known == keys)
    }

    @Test func `a lock that reports true is open, one that is told true is shut`() throws {
        let triggers = try #require(Self.read("{locked: front}").set.rules.first).triggers
        guard case .purpose(let purpose) = triggers[0].form else { throw Stray() }
        let plain = ["front.bolt", "front.lock_sensor"].compactMap { name in
            KeyName(name).flatMap { purpose.trigger(for: $0, like: triggers[0]) { Self.entries[$0.text] } }
        }
        #expect(plain.map(\.description) == ["locked front.bolt to true", "locked front.lock_sensor to false"])
    }

    private struct Stray: Error {}

    @Test(arguments: [
        ("{motion: attic}", "warning: no key of 'attic' tells of motion yet"),
        ("{motion: hal_sensor}", "warning: no key of 'hal_sensor' tells of motion yet; did you mean 'hall_sensor'?"),
        (
            "{motion: meter.power}",
            "warning: 'meter.power' is a number and does not tell of motion, so this never fires; write change: meter.power, or becomes: \"…\""
        ),
        ("{left_open: front}", "error: 'left_open' needs 'for'; write {left_open: front, for: 10m}"),
        ("{motion: \"a b\"}", "error: 'motion' expects a device, a key or a pattern such as '*.door' or '*door*'"),
        ("{pressed: remote, action: singel}", "warning: none of the buttons says 'singel'; did you mean 'single'?"),
        ("{pressed: remote, for: 5m}", "error: 'for' belongs to"),
        ("{motion: hall_sensor, to: true}", "error: 'to' belongs to 'change'"),
        ("{motion: hall_sensor, below: 3}", "error: 'below' belongs to 'battery_low'"),
        ("{occupancy: hall_sensor}", "it is called 'motion' here"),
    ])
    func `what does not fit is said`(_ trigger: String, _ finding: String) {
        let findings = Self.read(trigger).findings
        #expect(findings.contains { $0.contains(finding) }, "\(findings)")
    }

    @Test func `an empty house loads with a warning for each`() {
        for purpose in Purpose.all {
            let read = Self.read("{\(purpose.word): \"**\"\(purpose.needsHold ? ", for: 1m" : "")}", [])
            #expect(read.errors.isEmpty && read.findings.count == 1, "\(read.findings)")
            #expect(read.set.purposes.first?.hasSuffix(": no key yet") ?? false)
        }
    }
}
