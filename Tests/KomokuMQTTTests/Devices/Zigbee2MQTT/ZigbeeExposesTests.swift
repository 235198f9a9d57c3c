import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

@Suite struct ZigbeeExposesTests {
    /// A feature, the state that a device sends, what is known then, and what a put sends.
    struct Case: CustomTestStringConvertible, Sendable {
        let exposes: String
        var state = "{}"
        let property: String
        var value: Value?
        var put: Value?
        var sent: String?
        var testDescription: String { exposes }
    }

    private static let color =
        #"{"type":"light","features":[{"type":"composite","name":"color_hs","property":"color","features":["#
        + #"{"type":"numeric","name":"hue","property":"hue","access":7},"#
        + #"{"type":"numeric","name":"saturation","property":"saturation","access":7}]}]}"#

    private static let schedule =
        #"{"type":"composite","name":"limits","property":"limits","access":3,"features":["#
        + #"{"type":"numeric","name":"low","property":"low","access":3},"#
        + #"{"type":"numeric","name":"high","property":"high","access":3}]}"#

    static let cases: [Case] = [
        Case(
            exposes: #"{"type":"binary","property":"lock","access":7,"value_on":"LOCK","value_off":"UNLOCK"}"#,
            state: #"{"lock":"LOCK"}"#, property: "lock", value: .boolean(true), put: .boolean(false),
            sent: #"{"lock":"UNLOCK"}"#),
        Case(
            exposes: #"{"type":"binary","property":"contact","access":3,"value_on":false,"value_off":true}"#,
            state: #"{"contact":false}"#, property: "contact", value: .boolean(false), put: .boolean(true),
            sent: #"{"contact":true}"#),
        Case(
            exposes: #"{"type":"binary","property":"b","access":3,"value_on":1,"value_off":0}"#,
            state: #"{"b":1}"#, property: "b", value: .boolean(true), put: .boolean(false), sent: #"{"b":0}"#),
        Case(
            exposes: #"{"type":"enum","property":"speed","access":7,"values":[1,2,"auto"]}"#,
            state: #"{"speed":2}"#, property: "speed", value: .string("2"), put: .string("1"), sent: #"{"speed":1}"#),
        Case(
            exposes: #"{"type":"enum","property":"mode","access":7,"values":["a","none"]}"#,
            state: #"{"mode":"none"}"#, property: "mode", value: .string("none")),
        Case(
            exposes: #"{"type":"enum","property":"mode","access":7,"values":["a"]}"#,
            state: #"{"mode":"b"}"#, property: "mode", value: .string("b")),
        Case(
            exposes: #"{"type":"numeric","property":"t","access":7,"presets":[{"name":"previous","value":65535}],"#
                + #""value_min":1,"value_max":9}"#,
            state: #"{"t":"previous"}"#, property: "t", value: .number(65535), put: .number(4.5), sent: #"{"t":4.5}"#),
        Case(
            exposes: #"{"type":"numeric","property":"t","access":1,"value_min":9,"value_max":1}"#,
            state: #"{"t":5}"#, property: "t", value: .number(5)),
        Case(
            exposes: #"{"type":"text","property":"note","access":3}"#, state: #"{"note":"21"}"#, property: "note",
            value: .string("21"), put: .string("\"quoted\""), sent: #"{"note":"\"quoted\""}"#),
        Case(
            exposes: #"{"type":"list","property":"l","access":3,"item_type":{"type":"numeric"}}"#,
            state: #"{"l":[1, 2]}"#, property: "l", value: .string("[1, 2]"), put: .string("[3]"), sent: #"{"l":[3]}"#),
        Case(
            exposes: #"{"type":"enum","property":"effect","access":2,"values":["blink"]}"#,
            state: #"{"effect":"blink"}"#, property: "effect", put: .string("blink"), sent: #"{"effect":"blink"}"#),
        Case(
            exposes: color, state: #"{"color":{"hue":10,"saturation":60}}"#, property: "color.hue", value: .number(10),
            put: .number(20), sent: #"{"color":{"hue":20,"saturation":60}}"#),
        Case(
            exposes: color, property: "color.hue", put: .number(20),
            sent: #"{"color":{"hue":20,"saturation":100}}"#),
        Case(
            exposes: schedule, state: #"{"limits":{"low":1}}"#, property: "limits.low", value: .number(1),
            put: .number(2), sent: #"{"limits":{"low":2}}"#),
        Case(
            exposes: schedule, state: #"{"limits":{"low":1,"high":5}}"#, property: "limits.high", value: .number(5),
            put: .number(6), sent: #"{"limits":{"low":1,"high":6}}"#),
    ]

    @Test(arguments: cases) func aFeatureIsReadAndTold(_ example: Case) {
        let replay = ZigbeeNetwork.start(.init(address: "0x01", name: "thing", exposes: "[\(example.exposes)]"))
        replay.send("z/thing", example.state)
        #expect(replay.value("0x01", example.property) == example.value)
        guard let put = example.put else { return }
        #expect(replay.command("0x01", example.property, put)?.payload == example.sent)
    }

    @Test func anUnknownCompositeOfUnknownWordsIsNoCommand() {
        let replay = ZigbeeNetwork.start(
            .init(address: "0x01", name: "t", exposes: #"[{"type":"list","property":"l","access":3}]"#))
        #expect(replay.command("0x01", "l", .string("no list")) == nil)
        #expect(replay.command("0x01", "l", .string("{}")) == nil)
    }

    @Test func labelsThatSayNoMoreThanTheNameAreLeftOut() {
        let exposes =
            #"[{"type":"numeric","property":"device_temperature","label":"Device temperature","access":1},"#
            + #"{"type":"numeric","property":"di","label":"Distance","access":1,"category":"diagnostic"}]"#
        let replay = ZigbeeNetwork.start(.init(address: "0x01", name: "t", exposes: exposes))
        let properties = replay.devices[DeviceID("0x01")]?.properties ?? []
        #expect(properties.map(\.label) == [nil, nil, "Distance", nil])
        #expect(properties.first { $0.name == "di" }?.category == .diagnostic)
    }
}
