import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaDiscoveryTests {
    private let config = "tasmota/discovery/A1B2C3D4E5F6/config"

    @Test(arguments: [
        "", "null", "[]", "{", #"{"mac":"A1B2C3D4E5F6"}"#, #"{"t":"lamp"}"#, #"{"mac":7,"t":"lamp"}"#,
        #"{"mac":"A1B2C3D4E5F7","t":"lamp"}"#, #"{"mac":"A1B2C3D4E5F6","t":""}"#, #"{"mac":"A1B2C3D4E5F6","t":"a/#"}"#,
        #"{"mac":"A1B2C3D4E5F6","t":"a+b"}"#, #"{"mac":"A1B2C3D4E5F6","t":"a","ft":"/"}"#,
    ])
    func `a configuration that cannot be used is refused and changes nothing`(_ payload: String) {
        let home = TasmotaReplay()
        home.send(config, payload)
        #expect(home.replay.devices.isEmpty)
        #expect(home.replay.remembered.isEmpty)
        #expect(home.replay.letters.count == (payload.isEmpty ? 0 : 1))
    }

    @Test(arguments: [
        #""rl":7"#, #""rl":[1,null,"x",{}]"#, #""fn":null"#, #""tp":[]"#, #""tp":[null,5]"#, #""state":["only"]"#,
        #""so":[4]"#, #""swc":[1e300]"#, #""lt_st":-1"#, #""lt_st":1e300"#, #""sht":[[1],[3,2],null]"#, #""onln":"""#,
        #""btn":{}"#, #""ver":2"#,
    ])
    func `odd members do no harm`(_ member: String) {
        let home = TasmotaReplay()
        home.discover("lamp", member)
        #expect(home.replay.devices.count == 1)
        home.send("tele/lamp/LWT", "Offline")
        #expect(home.value("online") == .boolean(false))
    }

    @Test func `a topic without a MAC is refused`() {
        let home = TasmotaReplay()
        home.send("tasmota/discovery/kitchen/config", TasmotaReplay.config())
        home.send("tasmota/discovery/+1B2C3D4E5F6/config", TasmotaReplay.config())
        #expect(home.replay.letters.count == 2)
        #expect(home.replay.devices.isEmpty)
    }

    @Test func `the name is the first that is there`() {
        let home = TasmotaReplay()
        home.send(config, #"{"mac":"A1B2C3D4E5F6","t":"lamp","fn":["Ceiling",null]}"#)
        #expect(home.replay.devices.values.first?.name == "Ceiling")
        let long = String(repeating: "é", count: 300)
        home.discover("lamp", name: long)
        #expect(home.replay.devices.values.first?.name.utf8.count == 254)
    }

    @Test func `sensors may come before the configuration`() {
        let home = TasmotaReplay()
        home.sensors(#"{"Time":"x","SHT3X":{"Temperature":20.5,"Humidity":null},"Switch1":"AN","TempUnit":"F"}"#)
        home.discover("lamp", #""state":["AUS","AN","UM","HALT"]"#)
        #expect(home.property("SHT3X.Temperature")?.unit == "°F")
        #expect(home.property("SHT3X.Humidity")?.unit == "%")
        #expect(home.property("Switch1")?.type == .boolean)
        #expect(home.value("SHT3X.Temperature") == nil, "what discovery shows is no reading")
    }

    @Test func `messages that came before discovery are read once it is there`() {
        let home = TasmotaReplay()
        home.send("tele/lamp/LWT", retained: true, "Online")
        home.send("tele/lamp/SENSOR", #"{"Time":"x","BH1750":{"Illuminance":12}}"#)
        home.send("tele/lamp/STATE", #"{"Time":"x","Uptime":"1T","POWER":"ON","Wifi":{"RSSI":70,"Signal":-60}}"#)
        home.send("stat/lamp/POWER", "OFF")
        home.send("x/lamp/tele/LWT", retained: true, "Online")
        #expect(home.replay.devices.isEmpty)
        home.discover("lamp", #""rl":[1]"#)
        #expect(home.value("online") == .boolean(true))
        #expect(home.value("BH1750.Illuminance") == .number(12))
        #expect(home.value("Wifi.RSSI") == .number(70))
        #expect(home.value("POWER") == .boolean(false))
        home.discover("lamp", mac: "0000000000FF", #""ft":"x/%topic%/%prefix%/""#)
        #expect(home.value("online", of: "0000000000FF") == .boolean(true))
    }

    @Test func `an empty configuration withdraws the device and it comes back with the next`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        home.sensors(#"{"AM2301":{"Temperature":20}}"#)
        home.send(config, "")
        #expect(home.replay.removed == [DeviceID(TasmotaReplay.mac)])
        #expect(home.replay.remembered.allSatisfy { $0.value.isEmpty })
        for time in [100.0, 400, 700] {
            home.send("tele/lamp/STATE", at: time, #"{"Time":"x","Uptime":"1T","POWER":"ON"}"#)
        }
        #expect(home.replay.devices.count == 1, "it is not made another device")
        home.discover("lamp", #""rl":[1]"#)
        #expect(home.replay.removed.isEmpty)
    }

    @Test func `an unchanged configuration tells nothing and a renamed device keeps its id`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        let intake = home.replay.reader
        home.discover("lamp", #""rl":[1]"#)
        #expect(!intake.devices.topicsHaveChanged)
        home.discover("lamp", name: "Ceiling", #""rl":[1]"#)
        #expect(home.replay.devices.values.map(\.name) == ["Ceiling"])
    }

    @Test func `other words in a new configuration count at once`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        home.send("stat/lamp/POWER", "ON")
        home.discover("lamp", #""rl":[1]"#, #""state":["AUS","AN"]"#, #""onln":"da","ofln":"weg""#)
        home.send("stat/lamp/POWER", "AUS")
        home.send("tele/lamp/LWT", "da")
        #expect(home.value("POWER") == .boolean(false))
        #expect(home.value("online") == .boolean(true))
        home.send("tele/lamp/LWT", "Online")
        #expect(home.replay.letters.count == 1)
    }

    @Test func `a restart knows every device without a message`() throws {
        let first = TasmotaReplay()
        for row in try DeviceFixture("tasmota").rows {
            first.replay.send(row.topic, row.payload, retained: row.isRetained, at: row.time)
        }
        let second = TasmotaReplay(restarting: first.replay)
        #expect(second.replay.devices == first.replay.devices)
        #expect(second.replay.remembered.isEmpty)
        #expect(second.replay.last.isEmpty)
        let command = second.command("Power", .boolean(true), of: "C82B96070809:0x7120")
        #expect(command == #"cmnd/zbbridge/ZbSend {"Device":"0x7120","Send":{"Power":true}}"#)
        second.send("tele/cellar/SENSOR", #"{"Time":"x","DS18B20-1":{"Id":"01","Temperature":3},"TempUnit":"C"}"#)
        #expect(second.value("DS18B20-1.Temperature", of: "2CF432556677") == .number(3))
    }

    @Test func `a flood of discoveries is bounded and reported`() {
        let home = TasmotaReplay()
        for number in 0..<5100 {
            let mac = String(repeating: "0", count: 12 - String(number).count) + String(number)
            home.discover("t\(number)", mac: mac, #""rl":[1]"#)
        }
        #expect(home.replay.devices.count == TasmotaSource.maximumDevices)
        #expect(home.replay.letters.count == 100)
    }
}
