import Foundation
import Komoku
import KomokuHub

@testable import KomokuMQTT

/// What is known of devices after a replay.
protocol DeviceKnowledge {
    var devices: [DeviceID: DeviceDescription] { get }
    var removed: Set<DeviceID> { get }
    /// All that happened, in order.
    var events: [PropertyID: [Value]] { get }

    func property(_ id: PropertyID) -> PropertyDescription?
    func value(_ device: String, _ property: String) -> Value?
    /// What a put would send.
    func command(_ device: String, _ property: String, _ value: Value) -> (topic: String, payload: String)?
}

extension DeviceReplay: DeviceKnowledge {}

/// Compares what a replay knows with a family's expectations.
struct DeviceExpectation {
    let expected: JSON
    let replay: any DeviceKnowledge

    /// Every difference, as a sentence; those of rows that say `should` only where `strict`.
    func differences(strict: Bool = false) -> [String] {
        let rows = { (name: String) in
            (expected[name]?.array ?? []).filter { strict || $0["level"]?.string != "should" }
        }
        return rows("devices").flatMap(device) + rows("properties").flatMap(property) + rows("events").flatMap(events)
            + rows("absent").flatMap(absent)
    }

    private func device(_ row: JSON) -> [String] {
        let id = DeviceID(row["device"]?.string ?? "")
        guard let device = replay.devices[id] else { return ["\(id): no such device"] }
        var faults: [String] = []
        func compare(_ what: String, _ expected: String?, _ found: String?) {
            if let expected, expected != found { faults.append("\(id): \(what) is \(found ?? "nil"), not \(expected)") }
        }
        compare("name", row["name"]?.string, device.name)
        compare("manufacturer", row["manufacturer"]?.string, device.manufacturer)
        compare("model", row["model"]?.string, device.model)
        compare("via", row["via"]?.string, device.via?.text)
        compare("presence", row["present"]?.bool.map { "\($0)" }, "\(!replay.removed.contains(id))")
        if let sleeps = row["sleeps"]?.bool, sleeps != device.sleeps {
            faults.append("\(id): sleeps is \(device.sleeps)")
        }
        return faults
    }

    /// With a unique id the name is a suggestion; here it is expected all the same.
    private func property(_ row: JSON) -> [String] {
        let (device, name) = (row["device"]?.string ?? "", row["property"]?.string ?? "")
        let place = "\(device) \(name)"
        guard let found = replay.property(PropertyID(DeviceID(device), name)) else {
            return row["last_value"] == .null && row["writable"] == false ? [] : ["\(place): no such property"]
        }
        var faults: [String] = []
        if found.type.rawValue != row["type"]?.string { faults.append("\(place): its type is \(found.type.rawValue)") }
        if let unit = row["unit"]?.string, !Self.sameUnit(unit, found.unit) {
            faults.append("\(place): its unit is \(found.unit ?? "nil"), not \(unit)")
        }
        faults += bounds(row, found, place) + value(row, replay.value(device, name), place)
        return faults + command(row, found, device, name, place)
    }

    private func bounds(_ row: JSON, _ found: PropertyDescription, _ place: String) -> [String] {
        var faults: [String] = []
        for (name, value) in [("min", found.minimum), ("max", found.maximum), ("step", found.step)] {
            if let number = row[name]?.number, number != value { faults.append("\(place): \(name) is \(value as Any)") }
        }
        if let texts = row["values"]?.array?.compactMap(\.string), Set(texts) != Set(found.values ?? []) {
            faults.append("\(place): its values are \(found.values ?? [])")
        }
        if let seconds = row["expires_after"]?.number, found.expectEvery?.seconds != seconds {
            faults.append("\(place): it expects news every \(found.expectEvery?.seconds ?? 0) s, not \(seconds)")
        }
        if let seconds = row["max_time"]?.number, found.maxTime?.seconds != seconds {
            faults.append("\(place): max_time is \(found.maxTime?.seconds ?? 0) s")
        }
        return faults
    }

    private func value(_ row: JSON, _ found: Value?, _ place: String) -> [String] {
        guard let expected = row["last_value"], expected != .null else {
            return found == nil ? [] : ["\(place): its value is \(found as Any), and it was never known"]
        }
        let accepted = [expected] + (row["value_also_ok"]?.array ?? [])
        guard let found else { return ["\(place): no value, not \(expected.text)"] }
        return accepted.contains { Self.same($0, found.json) }
            ? [] : ["\(place): its value is \(found), not \(expected.text)"]
    }

    private func command(
        _ row: JSON, _ found: PropertyDescription, _ device: String, _ name: String, _ place: String
    ) -> [String] {
        let isWritable = row["writable"]?.bool ?? false
        guard found.isWritable == isWritable else { return ["\(place): writable is \(found.isWritable)"] }
        guard isWritable, let topic = row["set_topic"]?.string, let payload = row["set_payload"]?.string,
            let value = row["set_value"].flatMap({ try? Value(casting: $0, to: found.type, options: KeyOptions()) })
        else { return [] }
        if !strict(row) { return [] }
        guard let sent = replay.command(device, name, value) else { return ["\(place): no command for \(value)"] }
        let accepted =
            [(topic, payload)]
            + (row["set_also_ok"]?.array ?? []).map { ($0.array?.first?.string ?? "", $0.array?.last?.string ?? "") }
        if accepted.contains(where: { $0.0 == sent.topic && Self.samePayload($0.1, sent.payload) }) { return [] }
        if let method = row["set_also_ok_method"]?.array, Self.isCall(method, sent) { return [] }
        return ["\(place): put \(value) sends \(sent.topic) \(sent.payload), not \(topic) \(payload)"]
    }

    private func strict(_ row: JSON) -> Bool { row["set_level"]?.string != "should" }

    private static func isCall(_ expected: [JSON], _ sent: (topic: String, payload: String)) -> Bool {
        guard expected.count == 3, expected[0].string == sent.topic, let call = try? JSON(parsing: sent.payload)
        else { return false }
        return call["method"]?.string == expected[1].string && same(expected[2], call["params"] ?? .null)
    }

    private func events(_ row: JSON) -> [String] {
        let id = PropertyID(DeviceID(row["device"]?.string ?? ""), row["property"]?.string ?? "")
        let found = replay.events[id] ?? []
        let expected = row["values"]?.array ?? []
        if found.count == expected.count, zip(expected, found).allSatisfy({ Self.sameText($0, $1) }) { return [] }
        return ["\(id): the events are \(found.map(\.description)), not \(expected.map(\.text))"]
    }

    private func absent(_ row: JSON) -> [String] {
        let (device, property) = (row["device"]?.string ?? "", row["property"]?.string)
        if let property {
            return replay.devices.values.filter { device == "*" || $0.id.text == device }
                .filter { $0.properties.contains { $0.name == property } }.map {
                    "\($0.id) \(property): must not exist"
                }
        }
        return replay.devices.values.contains { $0.id.text == device || $0.name == device }
            ? ["\(device): must not exist"] : []
    }

    // MARK: Comparing

    private static func sameUnit(_ a: String, _ b: String?) -> Bool {
        func plain(_ unit: String?) -> String? {
            switch unit {
            case "var": "VAr"
            case "lux": "lx"
            default: unit
            }
        }
        return plain(a) == plain(b)
    }

    static func samePayload(_ a: String, _ b: String) -> Bool {
        guard let left = try? JSON(parsing: a), let right = try? JSON(parsing: b) else { return a == b }
        return same(left, right)
    }

    private static func sameText(_ expected: JSON, _ found: Value) -> Bool {
        same(expected, found.json) || (expected.string ?? expected.text) == found.description
    }

    /// Equal as JSON: members in any order, numbers within a millionth.
    static func same(_ a: JSON, _ b: JSON) -> Bool {
        switch (a, b) {
        case (.number(let x), .number(let y)): abs(x - y) <= 1e-6 * max(abs(x), abs(y))
        case (.array(let x), .array(let y)): x.count == y.count && zip(x, y).allSatisfy(same)
        case (.object(let x), .object(let y)):
            x.count == y.count && x.allSatisfy { member in b[member.name].map { same(member.value, $0) } ?? false }
        default: a == b
        }
    }
}
