import Komoku
@testable import KomokuHub
@testable import KomokuDesk
@testable import KomokuWire
import Testing

struct DeviceAnswerTests {
    private static func property(_ name: String, _ type: KeyType, _ key: String) throws -> PropertyInfo {
        PropertyInfo(
            description: PropertyDescription(name, type), key: try KeyName(validating: key), type: type, last: nil,
            isStale: false, isPresent: true, command: nil)
    }

    private static func device(_ id: String, _ name: String) -> DeviceInfo {
        DeviceInfo(
            id: DeviceID(id), name: name, manufacturer: nil, model: nil, source: "zigbee2mqtt", via: nil, sleeps: false,
            isPresent: true, isOnline: nil, lastSeen: nil, properties: [], unsupported: [])
    }

    @Test func aDeviceBeginsWithWhatEveryDeviceHas() throws {
        var device = Self.device("0x1", "kitchen_climate")
        (device.manufacturer, device.model, device.isOnline) = ("Aqara", "WSDCGQ11LM", true)
        var property = try Self.property("temperature", .numeric, "kitchen_climate.temperature")
        property.description.unit = "°C"
        property.last = Point(time: Timestamp(microseconds: 1_500_000), value: .number(20.9), provenance: .live)
        device.properties = [property]
        #expect(
            Device(device).json.text
                == #"{"device":"0x1","name":"kitchen_climate","manufacturer":"Aqara","model":"WSDCGQ11LM","#
                + #""source":"zigbee2mqtt","present":true,"online":true,"via":null,"sleeps":false,"last_seen":null,"#
                + #""properties":[{"property":"temperature","key":"kitchen_climate.temperature","type":"numeric","#
                + #""unit":"°C","value":20.9,"stale":false,"writable":false,"event":false,"control":"sensor","last_time":1.5}],"#
                + #""unsupported":[]}"#)
    }

    @Test func whatIsUnknownIsNull() throws {
        var device = Self.device("a", "a")
        device.properties = [try Self.property("state", .boolean, "a.state")]
        device.unsupported = [DeviceDescription.Unsupported(what: "sensor/x", reason: "the filter 'foo' is unknown")]
        let json = Device(device).json
        for name in ["manufacturer", "model", "online", "via", "last_seen"] { #expect(json[name] == .null) }
        let property = json["properties"]?.array?.first
        #expect(property?["unit"] == .null && property?["value"] == .null)
        #expect(property?["min"] == nil && property?["command"] == nil && property?["present"] == nil)
        let item: JSON = ["what": "sensor/x", "reason": "the filter 'foo' is unknown"]
        #expect(json["unsupported"] == .array([item]))
    }

    @Test func aWritablePropertySaysWhatItTakes() throws {
        var property = try Self.property("brightness", .numeric, "lamp.brightness")
        (property.description.minimum, property.description.maximum, property.description.step) = (0, 254, 1)
        (property.description.isWritable, property.description.category) = (true, .config)
        (property.isStale, property.isPresent) = (true, false)
        let json = DeviceProperty(property).json
        #expect(json["min"] == 0 && json["max"] == 254 && json["step"] == 1 && json["category"] == "config")
        #expect(json["writable"] == true && json["stale"] == true && json["present"] == false)
        property.description.maximum = .infinity
        #expect(DeviceProperty(property).json["max"] == nil)
    }

    @Test(
        arguments: [
            (nil, #""state":"waiting""#), (.sent, #""state":"sent""#),
            (.reported(.number(98)), #""state":"reported","reported":98"#),
            (.differs(.number(98)), #""state":"differs","reported":98"#),
            (.failed("no report within 10s"), #""state":"failed","reason":"no report within 10s""#),
        ] as [(CommandOutcome?, String)])
    func theNewestCommandSaysHowItEnded(outcome: CommandOutcome?, text: String) {
        let state = CommandState(value: .number(100), time: Timestamp(microseconds: 2_000_000), outcome: outcome)
        #expect(DeviceCommand(state).json.text == #"{"value":100,"time":2,"# + text + "}")
    }

    @Test(
        arguments: [
            (.sent, #"{"outcome":"sent"}"#), (.reported(.boolean(true)), #"{"outcome":"reported","value":true}"#),
            (.differs(.string("auto")), #"{"outcome":"differs","value":"auto"}"#),
            (.failed("no report"), #"{"outcome":"failed","reason":"no report"}"#),
        ] as [(CommandOutcome, String)])
    func aPutIsAnsweredWithTheOutcome(outcome: CommandOutcome, text: String) {
        #expect(CommandResult(outcome).json.text == text)
    }

    @Test func aPayloadThatIsNoTextIsToldAsBase64Too() {
        let text = DeviceCommandMessage(topic: "z/lamp/set", payload: Array(#"{"state":"ON"}"#.utf8), qos: 0)
        #expect(
            DeviceMessage(text).json.text
                == #"{"topic":"z/lamp/set","payload":"{\"state\":\"ON\"}","qos":0,"retain":false}"#)
        let bytes = DeviceCommandMessage(topic: "t", payload: [0xFF, 0x00], isRetained: true)
        #expect(DeviceMessage(bytes).json["payload_base64"] == "/wA=" && DeviceMessage(bytes).isRetained)
        #expect(DeviceMessage(bytes).json["payload"] == "\u{FFFD}\u{0}")
    }

    @Test(
        arguments: [([], ""), ([102], "Zg=="), ([102, 111], "Zm8="), (Array("foobar".utf8), "Zm9vYmFy")]
            as [([UInt8], String)])
    func base64IsPadded(bytes: [UInt8], text: String) {
        #expect(Base64.text(bytes) == text)
    }

    @Test func aCatalogueIsAnsweredInSlicesOfBoundedLength() throws {
        let count = 20_000
        var devices: [DeviceInfo] = []
        for number in 0..<count {
            var device = Self.device("id-\(number)", "lamp \(100_000 + number)")
            device.properties = [try Self.property("p", .numeric, "lamp_\(number).p")]
            devices.append(device)
        }
        var (rest, seen) = (devices[...], 0)
        while !rest.isEmpty {
            let bytes = DevicesPage.bytes(of: rest.lazy.map(Device.init), more: false)
            #expect(bytes.count < DevicesPage.size + 4096)
            let answer = try JSON(parsing: bytes)
            let part = answer["devices"]?.array ?? []
            #expect(!part.isEmpty)
            seen += part.count
            guard let next = answer["next"] else { break }
            let cursor = try #require(try? DevicesRequest(["after": next]).after)
            rest = rest.drop { Device($0).cursor <= cursor }
        }
        #expect(seen == count)
    }

    @Test func placesAreOrderedByTheBytesOfTheName() {
        func cursor(_ name: String, _ id: String) -> DeviceCursor { DeviceCursor(name: name, id: id) }
        #expect(cursor("B", "2") < cursor("a", "1") && cursor("a", "1") < cursor("a", "2"))
        // One letter in two forms: equal to the language, not to the catalogue.
        #expect(cursor("\u{E9}", "1") != cursor("e\u{301}", "1"))
    }
}
