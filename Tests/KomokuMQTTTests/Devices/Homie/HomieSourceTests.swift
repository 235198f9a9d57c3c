import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct HomieSourceTests {
    private let replay = DeviceReplay([HomieSource()])

    @Test func everythingThatTheFixtureExpectsIsKnown() throws {
        let fixture = try DeviceFixture("homie")
        fixture.replay(into: replay)
        let differences = DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
        #expect(replay.letters.isEmpty, "\(replay.letters.joined(separator: "\n"))")
    }

    @Test(arguments: 0..<8) func attributesAndValuesComeInAnyOrder(_ seed: UInt64) throws {
        let fixture = try DeviceFixture("homie")
        var rows = fixture.rows
        var random = Seeded(seed: seed)
        rows[..<rows.prefix { $0.isRetained }.count].shuffle(using: &random)
        for row in rows { replay.send(row.topic, row.payload, retained: row.isRetained, at: row.time) }
        let differences = DeviceExpectation(expected: fixture.expected, replay: replay).differences(strict: true)
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    @Test func devicesAreKnownAfterARestart() throws {
        try DeviceFixture("homie").replay(into: replay)
        let source = HomieSource()
        let second = DeviceReplay([source])
        for (topic, payload) in replay.remembered.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            payload.withUnsafeBufferPointer { payload in
                let message = DeviceMessage(topic: topic, payload: payload, isRestored: true, time: second.now)
                second.reader.devices.take(message, by: [source], into: &second.reader.intake)
            }
        }
        second.send("nothing/at/all", "")
        #expect(second.devices == replay.devices)
        #expect(second.last.isEmpty)
        second.send("homie/5/bedroom-unit/climate/temperature", "19")
        #expect(second.value("bedroom-unit", "climate.temperature") == .number(19))
        #expect(second.command("super-lamp", "light.mode", .string("fire"))?.payload == "fire")
    }

    // MARK: Before version 5

    @Test func aDeviceIsDescribedOnceItLeavesInit() {
        let device = "homie/lamp"
        replay.send("\(device)/$state", "init")
        for (path, text) in [
            ("$homie", "3.0.1"), ("$name", "Lamp"), ("$nodes", "a"), ("a/$properties", "x"), ("a/x/$name", "X"),
        ] { replay.send("\(device)/\(path)", text) }
        #expect(replay.devices.isEmpty)
        replay.send("\(device)/$state", "ready")
        #expect(replay.property(PropertyID(DeviceID("lamp"), "a.x"))?.type == .string)
        #expect(replay.value("lamp", "online") == .boolean(true))
    }

    @Test func anArrayOfNodesIsOneNodeEach() {
        for (path, text) in [
            ("$homie", "3.0.1"), ("$name", "Bar"), ("$state", "ready"), ("$nodes", "lights[],fan"),
            ("lights/$array", "0-2"), ("lights/$properties", "power"), ("lights/power/$datatype", "boolean"),
            ("lights/power/$settable", "true"), ("lights_1/$name", "Left"), ("fan/$properties", ""),
        ] { replay.send("homie/bar/\(path)", text, retained: path != "fan/$properties") }
        replay.send("homie/bar/lights_1/power", "true")
        #expect(replay.value("bar", "lights_1.power") == .boolean(true))
        #expect(replay.command("bar", "lights_2.power", .boolean(false))?.topic == "homie/bar/lights_2/power/set")
        #expect(replay.devices[DeviceID("bar")]?.properties.map(\.name).contains("lights_3.power") == false)
    }

    @Test(arguments: ["$state", "$homie"]) func anEmptiedDeviceIsGone(_ attribute: String) throws {
        try DeviceFixture("homie").replay(into: replay)
        replay.send("homie/super-lamp/\(attribute)", "")
        #expect(replay.removed == [DeviceID("super-lamp")])
        #expect(!replay.remembered.keys.contains { $0.hasPrefix("homie/super-lamp/") })
    }

    // MARK: Version 5

    private func describe(_ device: String, _ properties: String, _ more: String = "") {
        replay.send(
            "homie/5/\(device)/$description",
            #"{"homie":"5.0","version":1,"nodes":{"n":{"properties":{\#(properties)}}}\#(more)}"#)
    }

    @Test func aRootThatIsLostTakesItsChildrenWithIt() {
        describe("root", "")
        describe("child", #""p":{"datatype":"integer"}"#, #","root":"root","parent":"root""#)
        replay.send("homie/5/root/$state", "ready")
        replay.send("homie/5/child/$state", "ready")
        #expect(replay.value("child", "online") == .boolean(true))
        replay.send("homie/5/root/$state", "lost")
        #expect(replay.value("child", "online") == .boolean(false))
        replay.send("homie/5/child/$state", "ready")
        #expect(replay.value("child", "online") == .boolean(false))
        replay.send("homie/5/root/$state", "ready")
        #expect(replay.value("child", "online") == .boolean(true))
        #expect(replay.devices[DeviceID("child")]?.via == DeviceID("root"))
    }

    @Test func aSleepingDeviceSleeps() {
        describe("door", #""p":{"datatype":"boolean"}"#)
        replay.send("homie/5/door/$state", "sleeping")
        #expect(replay.devices[DeviceID("door")]?.sleeps == true)
        #expect(replay.value("door", "online") == .boolean(false))
    }

    @Test func aPropertyThatIsDescribedNoMoreIsGone() {
        replay.send("homie/5/d/$state", "init")
        describe("d", #""a":{"datatype":"integer"},"b":{"datatype":"string"}"#)
        describe("d", #""b":{"datatype":"string"}"#)
        #expect(replay.devices[DeviceID("d")]?.properties.map(\.name) == ["online", "n.b"])
        replay.send("homie/5/d/n/a", "1")
        #expect(replay.value("d", "n.a") == nil)
    }

    @Test func anAlertStandsUntilItIsEmptied() {
        replay.send("homie/5/d/$alert/low", "battery is low", retained: true)
        describe("d", "")
        replay.send("homie/5/d/$state", "ready")
        #expect(replay.value("d", "$alert.low") == .string("battery is low"))
        replay.send("homie/5/d/$alert/low", "")
        #expect(replay.value("d", "$alert.low") == .string(""))
    }

    @Test(
        arguments: [
            (#""integer","format":"0:10""#, "11", nil), (#""integer","format":"0:10""#, "10", "10"),
            (#""integer""#, "1.5", nil), (#""float","format":":10""#, "-1.5e3", "-1500"), (#""float""#, "NaN", nil),
            (#""float","format":"10:0""#, "50", "50"), (#""float""#, "Infinity", nil), (#""boolean""#, "True", nil),
            (#""boolean""#, "true", "true"), (#""enum","format":"a,B""#, "b", nil),
            (#""enum","format":"a,B""#, "B", "B"),
            (#""string""#, "\0", ""), (#""string""#, "007", "007"),
            (#""color","format":"rgb,hsv""#, "rgb,1,2,3", "rgb,1,2,3"),
            (#""color","format":"rgb""#, "hsv,1,2,3", nil), (#""color","format":"rgb""#, "rgb,1,2,256", nil),
            (#""color","format":"xyz""#, "xyz,0.2,0.3", "xyz,0.2,0.3"), (#""color","format":"rgb""#, "", nil),
            (#""datetime""#, "2026-03-14T07:00:00Z", "2026-03-14T07:00:00Z"),
            (#""json""#, "{\"a\":[1]}", "{\"a\":[1]}"),
            (#""mystery""#, "1", nil),
        ] as [(String, String, String?)])
    func aValueFitsItsDatatype(_ datatype: String, _ payload: String, _ value: String?) {
        replay.send("homie/5/d/$state", "ready")
        describe("d", #""p":{"datatype":\#(datatype)}"#)
        replay.send("homie/5/d/n/p", payload)
        #expect(replay.value("d", "n.p")?.description == value)
    }

    @Test func anEmptyTextIsSentAsNUL() {
        replay.send("homie/5/d/$state", "ready")
        describe("d", #""p":{"datatype":"string","settable":true}"#)
        #expect(replay.command("d", "n.p", .string(""))?.payload == "\0")
    }

    @Test func anUnknownDatatypeIsListedWithItsReason() {
        replay.send("homie/5/d/$state", "ready")
        describe("d", #""p":{"datatype":"mystery"},"Ä":{"datatype":"float"},"q":5"#)
        #expect(replay.devices[DeviceID("d")]?.unsupported.count == 3)
    }

    @Test func twoDevicesWithOneIdAreTwo() {
        replay.send("homie/5/d/$state", "ready")
        describe("d", "")
        for (path, text) in [("$homie", "4.0"), ("$name", "D"), ("$nodes", "")] { replay.send("homie/d/\(path)", text) }
        replay.send("homie/d/$state", "ready")
        #expect(Set(replay.devices.keys) == [DeviceID("d"), DeviceID("homie/d")])
    }

    // MARK: Bad input and limits

    @Test(arguments: [
        ("homie/5/d/$description", "{"), ("homie/5/d/$description", "[]"), ("homie/5/d/$description", "\u{FF}"),
        ("homie/5/d/$state", "asleep"), ("homie/d/$state", "READY"),
        ("homie/5/d/$description", String(repeating: " ", count: HomieModel.maximumDocument + 1)),
        ("homie/d/$nodes", String(repeating: "a", count: HomieAttributes.maximumLength + 1)),
    ])
    func whatIsWrongIsRefused(_ topic: String, _ payload: String) {
        replay.send(topic, payload)
        #expect(replay.letters.count == 1)
        #expect(replay.devices.isEmpty)
        #expect(replay.remembered.isEmpty)
    }

    @Test(arguments: [
        "homie/5/$broadcast/x", "homie/ä/$state", "homie/$state", "homie//$state", "homies/a/$state", "homie",
    ])
    func aTopicThatIsNoDevicesIsLeftAlone(_ topic: String) {
        replay.send(topic, "ready")
        #expect(replay.remembered.isEmpty && replay.letters.isEmpty && replay.devices.isEmpty)
    }

    @Test func devicesAndPropertiesAreBounded() {
        let many = (0..<600).map { #""p\#($0)":{"datatype":"float"}"# }.joined(separator: ",")
        replay.send("homie/5/d/$state", "ready")
        describe("d", many)
        #expect(replay.devices[DeviceID("d")]?.properties.count == HomieModel.maximumProperties + 1)
        #expect(replay.devices[DeviceID("d")]?.unsupported.count == 1)
        for number in 0..<HomieSource.maximumDevices { replay.send("homie/d\(number)/$state", "ready") }
        #expect(replay.letters == ["homie/d4095/$state: more than 4096 Homie devices"])
        for (path, text) in [
            ("$homie", "3"), ("$name", "x"), ("$nodes", "l[]"), ("l/$array", "0-99999999999"), ("l/$properties", "a"),
        ] {
            replay.send("homie/d1/\(path)", text)
        }
        #expect((replay.devices[DeviceID("d1")]?.properties.count ?? 0) <= HomieModel.maximumProperties + 1)
    }

    @Test func noBytesDoHarm() throws {
        let rows = try DeviceFixture("homie").rows
        var random = Seeded(seed: 11)
        for _ in 0..<10 {
            for row in rows { replay.send(row.topic, damaged(row.payload, &random), retained: row.isRetained) }
        }
        #expect(replay.devices.values.allSatisfy { $0.properties.count <= HomieModel.maximumProperties + 65 })
    }

    private func damaged(_ bytes: [UInt8], _ random: inout Seeded) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.removeLast(bytes.count - place)
            default: bytes.insert(contentsOf: bytes[place...].prefix(8), at: place)
            }
        }
        return bytes
    }
}

private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
