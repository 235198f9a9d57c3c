import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Devices before version 5 of which something stays missing.
struct HomieAttributesTests {
    private let replay = DeviceReplay([HomieSource()])

    private static let whole = [
        ("$homie", "3.0.1"), ("$name", "Lamp"), ("$state", "ready"), ("$nodes", "a,b"), ("a/$properties", "x,y"),
        ("a/x/$datatype", "integer"), ("a/x/$format", "0:100:5"), ("a/x/$settable", "true"),
        ("a/y/$datatype", "boolean"), ("b/$properties", "z"), ("b/z/$datatype", "float"),
    ]

    private func send(_ attributes: [(String, String)]) {
        for (path, text) in attributes { replay.send("homie/lamp/\(path)", text, retained: true) }
    }

    @Test(arguments: [
        ("$name", ["a.x", "a.y", "b.z"]), ("$homie", ["a.x", "a.y", "b.z"]), ("$nodes", ["a.x", "a.y", "b.z"]),
        ("$state", ["a.x", "a.y", "b.z"]), ("b/$properties", ["a.x", "a.y"]), ("a/$properties", ["b.z"]),
        ("a/x/$datatype", ["a.x", "a.y", "b.z"]), ("b/z/$datatype", ["a.x", "a.y", "b.z"]),
    ])
    func `a device appears with what there is once nothing more is to be expected`(
        _ missing: String, _ properties: [String]
    ) {
        send([("a/x", "45")] + Self.whole.filter { $0.0 != missing })
        replay.wait(until: 2, isSettled: true)
        #expect(replay.devices.isEmpty, "the rest may follow")
        replay.wait(until: 6, isSettled: true)
        #expect(replay.devices[DeviceID("lamp")]?.properties.map(\.name) == ["online"] + properties)
        #expect(replay.value("lamp", "online") == (missing == "$state" ? nil : .boolean(true)))
        let isText = missing == "a/x/$datatype"
        let expected: Value? = properties.contains("a.x") ? isText ? "45" : .number(45) : nil
        #expect(replay.value("lamp", "a.x") == expected)
    }

    @Test func `before the broker has said what it retains nothing is missing`() {
        send(Self.whole.filter { $0.0 != "$name" })
        replay.wait(until: 100)
        #expect(replay.devices.isEmpty)
    }

    @Test func `a device in init waits, however long`() {
        send(Self.whole.filter { $0.0 != "$name" && $0.0 != "$state" } + [("$state", "init")])
        replay.wait(until: 100, isSettled: true)
        #expect(replay.devices.isEmpty)
        replay.send("homie/lamp/$state", "ready")
        #expect(replay.devices.count == 1)
    }

    @Test func `what comes late gets its type, without another one before`() {
        send(Self.whole.filter { !$0.0.hasPrefix("b/") })
        replay.wait(until: 6, isSettled: true)
        #expect(replay.devices[DeviceID("lamp")]?.properties.map(\.name) == ["online", "a.x", "a.y"])
        send([("b/$properties", "z")])
        #expect(replay.property(PropertyID(DeviceID("lamp"), "b.z")) == nil)
        send([("b/z/$datatype", "float")])
        #expect(replay.property(PropertyID(DeviceID("lamp"), "b.z"))?.type == .numeric)
    }

    @Test(arguments: [("$state", "ready"), ("$name", "x"), ("a/x/$datatype", "integer"), ("$homie", "4.0")])
    func `what is left of a device that is gone is none`(_ path: String, _ text: String) {
        send([(path, text)])
        replay.wait(until: 100, isSettled: true)
        #expect(replay.devices.isEmpty)
    }

    @Test(arguments: [
        ("integer", "47", "45"), ("float", "47.6", "50"), ("percent", "2.4", "0"), ("float", "99", "100"),
    ])
    func `a number is sent in steps of its format`(_ datatype: String, _ put: String, _ sent: String) {
        send(Self.whole.map { $0.0 == "a/x/$datatype" ? ($0.0, datatype) : $0 })
        let property = replay.property(PropertyID(DeviceID("lamp"), "a.x"))
        #expect(property?.step == 5 && property?.minimum == 0 && property?.maximum == 100)
        #expect(replay.command("lamp", "a.x", .number(Double(put) ?? 0))?.payload == sent)
    }

    @Test(arguments: 0..<40)
    func `in any order, with anything missing, no property has two types`(_ seed: UInt64) {
        var random = SplitMix(seed: seed)
        var rows = Self.whole.filter { _ in Int.random(in: 0..<6, using: &random) > 0 }
        rows.shuffle(using: &random)
        var types: [String: KeyType] = [:]
        for (index, row) in rows.enumerated() {
            send([row])
            replay.wait(until: Double(index) * 0.1, isSettled: true)
            for property in replay.devices[DeviceID("lamp")]?.properties ?? [] {
                #expect(types[property.name, default: property.type] == property.type)
                types[property.name] = property.type
            }
        }
        replay.wait(until: 60, isSettled: true)
        let isThere = rows.contains { $0.0 == "$nodes" || $0.0.hasSuffix("/$properties") }
        #expect(replay.devices.isEmpty == !isThere)
    }
}
