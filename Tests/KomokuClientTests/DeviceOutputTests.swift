import ArgumentParser
import Glibc
import Komoku
import KomokuClient
import KomokuTesting
@testable import KomokuWire
import Testing

@testable import komoku_cli

struct DeviceOutputTests {
    private static let now = Timestamp(microseconds: 1_000_000_000)

    private static func device(_ name: String, _ more: String = "", properties: String = "") throws -> Device {
        let text =
            #"{"device":"0x1","name":\#(JSON.string(name).text),"manufacturer":"Aqara","model":"WSDCGQ11LM","#
            + #""source":"zigbee2mqtt","present":true,"online":true,"last_seen":988\#(more),"#
            + #""properties":[\#(properties)],"unsupported":[{"what":"\u001bc","reason":"\u001bc"}]}"#
        return try Device(try JSON(parsing: text))
    }

    private static func property(_ members: String) throws -> DeviceProperty {
        let text = #"{"property":"p","key":"lamp.p","type":"numeric","writable":true\#(members)}"#
        return try #require(try device("lamp", properties: text).properties.first)
    }

    private static let stale = #"{"property":"a","key":"x.a","type":"numeric","value":1,"stale":true}"#

    @Test func theListHasALineForEachDevice() throws {
        let devices = [
            try Self.device("kitchen climate", properties: Self.stale),
            try Self.device("lamp", #","online":false,"sleeps":true"#), try Self.device("old", #","present":false"#),
        ]
        #expect(
            DevicesShown(devices, now: Self.now).lines(on: .plain) == [
                "name             model             source       online  seen     keys  stale",
                "kitchen climate  Aqara WSDCGQ11LM  zigbee2mqtt  yes     12s ago     1      1",
                "lamp             Aqara WSDCGQ11LM  zigbee2mqtt  asleep  12s ago     0",
                "old              Aqara WSDCGQ11LM  zigbee2mqtt  gone    12s ago     0",
            ])
    }

    @Test func aDeviceWithoutAVisibleNameIsShownByItsID() throws {
        let device = try Self.device("  ")
        #expect(DevicesShown([device], now: Self.now).lines(on: .plain)[1].hasPrefix("0x1 "))
        #expect(DeviceShown(device, now: Self.now).heading(on: .plain).first == "0x1")
    }

    @Test(arguments: [20, 40, 60, 80, 132])
    func theListIsNoWiderThanTheScreen(columns: Int) throws {
        let devices = [
            try Self.device(String(repeating: "a long name ", count: 20), properties: Self.stale),
            try Self.device("💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡💡"),
        ]
        for isUnicode in [true, false] {
            let screen = Screen(columns: columns, isUnicode: isUnicode)
            let lines = DevicesShown(devices, now: Self.now).lines(on: screen)
            #expect(lines.count == 3)
            #expect(lines.allSatisfy { $0.columns <= columns })
            #expect(lines[1].hasPrefix("a long"), "the name is what stays")
        }
    }

    @Test func aNameCannotCommandTheTerminal() throws {
        let name = "\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m\u{202E}lamp\n💡"
        let property = #"{"property":"a","key":"x.a","type":"string","value":"\u001b[31m","label":"\u0007"}"#
        let device = try Self.device(name, properties: property)
        let shown = DeviceShown(device, now: Self.now)
        let lines =
            DevicesShown([device], now: Self.now).lines(on: .plain) + shown.heading(on: .plain)
            + shown.properties(on: .plain).flatMap(\.self)
            + DevicesShown.lines(unsupported: device.unsupported.map { (device, $0) }, on: .plain)
        for line in lines {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            #expect(!line.unicodeScalars.contains("\u{202E}"))
        }
        #expect(lines.joined().contains("💡"))
    }

    @Test(
        arguments: [
            (#","min":0,"max":254,"step":1"#, "accepts 0 to 254"),
            (#","min":5,"max":30,"step":0.5,"unit":"°C""#, "accepts 5 to 30 °C, step 0.5"),
            (#","min":5"#, "accepts 5 and more"), (#","max":5"#, "accepts up to 5"), ("", "accepts a number"),
            (#","type":"boolean""#, "accepts true, false"), (#","type":"string""#, "accepts text"),
            (#","values":["auto","heat"]"#, "accepts auto, heat"),
        ])
    func aPropertySaysWhatItTakes(members: String, text: String) throws {
        #expect(DeviceShown.takes(try Self.property(members)) == text)
    }

    @Test func aDeviceIsShownWithItsKeys() throws {
        let properties = [
            #"{"property":"brightness","key":"lamp.brightness","type":"numeric","value":98,"writable":true,"min":0,"#
                + #""max":100,"unit":"%","last_time":990,"command":{"value":100,"time":990,"state":"differs","#
                + #""reported":98}}"#,
            #"{"property":"POWER1","key":"lamp.light","type":"boolean","value":true,"stale":true,"last_time":400}"#,
        ]
        let device = try Self.device("lamp", #","via":"0x2""#, properties: properties.joined(separator: ","))
        let shown = DeviceShown(device, now: Self.now)
        #expect(
            shown.heading(on: .plain) == [
                "lamp", "Aqara WSDCGQ11LM", "0x1, by zigbee2mqtt, via 0x2", "online, last seen 12s ago",
            ])
        #expect(
            shown.properties(on: .plain).flatMap(\.self) == [
                "key              value  age",
                "lamp.brightness  98 %   10s ago  accepts 0 to 100 %; last command 100 % 10s ago, the device reports 98 %",
                "lamp.light       true   10m ago  stale; is POWER1",
            ])
    }

    @Test(
        arguments: [
            (.reported(true), "a.b: on, reported by the device after 0.2 s", #""outcome":"reported","reported":true"#),
            (.differs(98), "a.b: sent; the device reports 98 %, not on", #""outcome":"differs","reported":98"#),
            (.sent, "a.b: sent; the device reports nothing about it", #""outcome":"sent""#),
            (.waiting, "a.b: handed over; not waiting for the device to report", #""outcome":"waiting""#),
            (
                .failed("no report within 10s"), "a.b: failed: no report within 10s",
                #""outcome":"failed","reason":"no report within 10s""#
            ),
            (.put(stored: true), nil, #""stored":true"#),
        ] as [(CommandResult, String?, String)])
    func aPutSaysWhatBecameOfIt(result: CommandResult, line: String?, json: String) {
        var shown = CommandShown(key: "a.b", typed: "on", value: true, result: result)
        (shown.elapsed, shown.unit) = (.milliseconds(214), "%")
        #expect(shown.line == line)
        #expect(shown.json.text == #"{"key":"a.b","value":true,"# + json + "}")
    }

    @Test func whatEveryCommandTakesMayStandBeforeTwoWords() {
        #expect(
            KomokuCommand.arranged(["--json", "devices", "show", "lamp"]) == ["devices", "show", "--json", "lamp"])
        #expect(KomokuCommand.arranged(["--json", "devices"]) == ["devices", "--json"])
        #expect(
            KomokuCommand.arranged(["--json", "devices", "--unsupported"]) == ["devices", "--json", "--unsupported"])
    }

    @Test func theHubsProgramIsLookedForBesideThisOneThenInThePath() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let program = folder.path + "/komokud"
        #expect(throws: Failure.self) { try DiscoverCommand.program(beside: folder.path + "/komoku", path: "/nowhere") }
        close(open(program, O_CREAT | O_WRONLY, 0o700))
        #expect(try DiscoverCommand.program(beside: folder.path + "/komoku", path: nil) == program)
        #expect(try DiscoverCommand.program(beside: "/nowhere/komoku", path: "/a:\(folder.path)") == program)
    }
}
