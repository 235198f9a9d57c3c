import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaStateTests {
    @Test(arguments: [
        ("stat/lamp/POWER", "ON"), ("stat/lamp/POWER1", "ON"), ("stat/lamp/POWER", #"{"POWER":"ON"}"#),
        ("stat/lamp/POWER", #"{"POWER1":"ON","Dimmer":4}"#), ("stat/lamp/RESULT", #"{"POWER":"ON"}"#),
        ("stat/lamp/RESULT", #"{"POWER1":"ON"}"#), ("tele/lamp/STATE", #"{"Time":"x","POWER":"ON"}"#),
        ("stat/lamp/STATUS11", #"{"StatusSTS":{"POWER":"ON"}}"#), ("stat/lamp/STATE", #"{"POWER":"ON"}"#),
        ("stat/lamp/STATUS0", #"{"Status":{"Power":"1"},"StatusSTS":{"POWER":"ON"}}"#),
    ])
    func `one relay is one property under both of its names`(_ topic: String, _ payload: String) {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1,0]"#)
        home.send(topic, payload)
        #expect(home.value("POWER") == .boolean(true))
        #expect(home.replay.letters.isEmpty)
    }

    @Test func `words that are none of the device's are refused`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        home.send("stat/lamp/POWER", "maybe")
        home.send("stat/lamp/POWER", "{\"POWER\":")
        home.send("stat/lamp/RESULT", "{nan}")
        #expect(home.value("POWER") == nil)
        #expect(home.replay.letters.count == 3)
    }

    @Test(arguments: [
        ([#""rl":[2]"#, #""lt_st":1"#], ["POWER", "Dimmer", "Channel.1"]),
        ([#""rl":[2]"#, #""lt_st":2"#], ["POWER", "Dimmer", "CT", "Channel.1", "Channel.2"]),
        (
            [#""rl":[2]"#, #""lt_st":3"#],
            ["POWER", "Dimmer", "Color", "HSBColor", "Channel.1", "Channel.2", "Channel.3"]
        ),
        (
            [#""rl":[2,2]"#, #""lt_st":4"#, #""lk":0"#],
            [
                "POWER1", "POWER2", "Dimmer1", "Dimmer2", "Color", "HSBColor", "White", "Channel.1", "Channel.2",
                "Channel.3", "Channel.4",
            ]
        ),
        ([#""rl":[2,2]"#, #""lt_st":2"#, #""so":{"68":1}"#], ["POWER1", "POWER2", "Channel1", "Channel2"]),
        ([#""rl":[1,2]"#, #""ty":1"#], ["POWER1", "POWER2", "Dimmer"]),
        ([#""rl":[1,1,1,2]"#, #""if":1"#], ["POWER1", "POWER2", "POWER3", "POWER4", "FanSpeed"]),
    ])
    func `a light has the properties of its kind`(_ config: [String], _ names: [String]) {
        let home = TasmotaReplay()
        home.send(
            "tasmota/discovery/\(TasmotaReplay.mac)/config",
            TasmotaReplay.config().dropLast() + "," + config.joined(separator: ",") + "}")
        #expect(home.names() == ["online"] + names)
    }

    @Test func `lights are told in the commands of their kind`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[2]"#, #""lt_st":5"#)
        #expect(home.command("Channel.2", .number(7)) == "cmnd/lamp/Channel2 7")
        #expect(home.command("HSBColor", .string("1,2,3")) == "cmnd/lamp/HSBColor 1,2,3")
        home.send("tele/lamp/STATE", #"{"Time":"x","Dimmer":101,"CT":0,"White":null,"Channel":[1,2,3,4,5]}"#)
        #expect(home.value("Dimmer") == nil && home.value("CT") == nil && home.value("White") == nil)
        #expect(home.value("Channel.5") == .number(5))
        #expect(home.replay.letters.count == 1)
        home.send("stat/lamp/DIMMER", #"{"POWER":"ON","Dimmer":30}"#)
        #expect(home.value("Dimmer") == .number(30))
        home.discover("lamp", #""rl":[2]"#, #""lt_st":1"#, #""ty":1"#)
        #expect(home.command("Dimmer", .number(50)) == "cmnd/lamp/Dimmer3 50")
    }

    @Test func `lights of their own are read under either name`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[2,2]"#, #""lt_st":2"#, #""so":{"68":1}"#)
        home.send("stat/lamp/RESULT", #"{"POWER2":"ON","Channel2":40}"#)
        home.send("stat/lamp/RESULT", #"{"POWER1":"ON","Dimmer1":15}"#)
        #expect(home.value("Channel2") == .number(40))
        #expect(home.value("Channel1") == .number(15))
    }

    @Test func `a shutter has a position and no switches`() {
        let home = TasmotaReplay()
        home.discover("blind", #""rl":[3,3,1]"#, #""sht":[[-90,90,1500]]"#)
        #expect(home.property("POWER1") == nil)
        #expect(home.property("POWER3") != nil)
        home.send("stat/blind/RESULT", #"{"Shutter1":{"Position":40,"Direction":-1,"Target":80,"Tilt":-30}}"#)
        #expect(home.value("Shutter1.Direction") == .number(-1))
        #expect(home.value("Shutter1.Tilt") == .number(-30))
        #expect(home.property("Shutter1.Tilt")?.minimum == -90)
        #expect(home.command("Shutter1.Tilt", .number(15)) == "cmnd/blind/ShutterTilt1 15")
        #expect(home.command("Shutter1.Command", .string("STOP")) == "cmnd/blind/Backlog ShutterStop1")
        #expect(home.command("Shutter1.Command", .string("JUMP")) == nil)
    }

    @Test func `presses are events and each one counts, and a replayed one does not`() {
        let home = TasmotaReplay()
        home.discover("wall", #""so":{"73":1,"114":1}"#, #""btn":[1]"#, #""swc":[0,1]"#, #""swn":[null,"Door"]"#)
        for retained in [true, false, false] {
            home.send("stat/wall/RESULT", retained: retained, #"{"Button1":{"Action":"SINGLE"}}"#)
        }
        home.send("stat/wall/RESULT", #"{"Switch1":{"Action":"TOGGLE"}}"#)
        home.send("stat/wall/RESULT", #"{"Door":{"Action":"ON"}}"#)
        #expect(home.events("Button1") == ["SINGLE", "SINGLE"])
        #expect(home.events("Switch1.Action") == ["TOGGLE"])
        #expect(home.value("Switch1") == nil)
        #expect(home.value("Door") == .boolean(true))
        home.send("stat/wall/RESULT", #"{"Button7":{"Action":"HOLD"}}"#)
        #expect(home.events("Button7") == ["HOLD"])
        #expect(home.replay.letters.isEmpty)
    }

    @Test func `a code that a bridge hears counts once for a message`() {
        let home = TasmotaReplay()
        home.discover("rf")
        let code = #"{"Time":"2026-03-14T08:00:00","RfReceived":{"Sync":1,"Data":15,"RfKey":"None"}}"#
        home.send("tele/rf/RESULT", retained: true, code)
        for _ in 0..<2 { home.send("tele/rf/RESULT", code) }
        home.send("tele/rf/RESULT", code.replacing("00:00", with: "00:01"))
        home.send("tele/rf/RESULT", #"{"Time":"x","IrReceived":{"Protocol":"UNKNOWN","Bits":4,"Hash":"0xAB"}}"#)
        #expect(home.events("RfReceived.Data") == ["15", "15"])
        #expect(home.events("IrReceived.Hash") == ["0xAB"])
    }

    @Test func `what STATE has beyond what was promised becomes a property`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[3,3]"#)
        let state =
            #"{"Time":"x","UptimeSec":5,"POWER1":"ON","Vcc":3.1,"BatteryPercentage":88,"ThermostatState":0,"Alarm":"OFF","Module":"x","Wifi":{"RSSI":60,"LinkCount":1},"Berry":{"HeapUsed":5,"GC":1}}"#
        home.send("tele/lamp/STATE", state)
        #expect(home.value("BatteryPercentage") == .number(88))
        #expect(home.property("BatteryPercentage")?.unit == "%")
        #expect(home.value("Vcc") == .number(3.1))
        #expect(home.value("Alarm") == .boolean(false))
        #expect(home.property("POWER1") == nil && home.property("Module") == nil && home.property("Berry.GC") == nil)
        let again = TasmotaReplay(restarting: home.replay)
        #expect(again.replay.devices == home.replay.devices)
        again.send("stat/lamp/STATUS11", #"{"StatusSTS":{"BatteryPercentage":87}}"#)
        #expect(again.value("BatteryPercentage") == .number(87))
        again.send("tele/lamp/SENSOR", #"{"Time":"x","BatteryPercentage":86}"#)
        #expect(again.value("BatteryPercentage") == .number(86))
        #expect(home.replay.letters.isEmpty && again.replay.letters.isEmpty)
    }

    @Test(arguments: [#"{"Power":[0,0]}"#, #"{"Power":[0]}"#, #"{"Power":[null,1,2]}"#])
    func `what was announced as a list and comes as a number is the first`(_ announced: String) {
        let home = TasmotaReplay()
        home.discover()
        home.sensors("{\"ENERGY\":\(announced)}")
        let names = home.names()
        home.send("tele/lamp/SENSOR", #"{"Time":"x","ENERGY":{"Power":100}}"#)
        #expect(home.value("ENERGY.Power.1") == .number(100))
        home.send("tele/lamp/SENSOR", #"{"Time":"x","ENERGY":{"Power":[7,8]}}"#)
        #expect(home.value("ENERGY.Power.1") == .number(7))
        #expect(home.names().filter { $0 != "ENERGY.Power.2" } == names.filter { $0 != "ENERGY.Power.2" })
    }

    @Test func `life is seen in telemetry where the last will came late`() {
        let home = TasmotaReplay()
        home.discover("lamp")
        home.send("tele/lamp/LWT", retained: true, "Offline")
        home.send("tele/lamp/STATE", retained: true, #"{"Time":"x"}"#)
        #expect(home.value("online") == .boolean(false))
        home.send("tele/lamp/STATE", #"{"Time":"x"}"#)
        #expect(home.value("online") == .boolean(true))
        home.discover("lamp", #""dslp":1"#)
        home.send("tele/lamp/LWT", "Offline")
        home.send("tele/lamp/STATE", #"{"Time":"x"}"#)
        #expect(home.value("online") == .boolean(false))
        #expect(home.replay.devices.values.first?.sleeps == true)
    }

    @Test func `known devices are asked once a connection, and not those that are off or spoke just now`() {
        let home = TasmotaReplay()
        for (number, topic) in ["a", "b", "c", "d"].enumerated() {
            home.discover(topic, mac: "00000000000\(number)", topic == "d" ? #""dslp":1"# : #""dslp":0"#)
        }
        home.send("tele/b/LWT", "Offline")
        home.send("tele/c/STATE", at: 10, #"{"Time":"x"}"#)
        home.replay.reader.connected()
        home.send("nobody", "")
        #expect(home.replay.asked == ["cmnd/a/STATUS 11", "cmnd/a/STATUS 10"])
        home.discover("a", name: "Other", mac: "000000000000")
        #expect(home.replay.asked.count == 2)
        home.discover("e", mac: "00000000000E")
        #expect(home.replay.asked.count == 4, "one that is found later is asked too")
    }
}
