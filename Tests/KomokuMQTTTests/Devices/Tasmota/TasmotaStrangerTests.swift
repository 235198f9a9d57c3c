import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaStrangerTests {
    private let state =
        #"{"Time":"x","Uptime":"1T","Heap":20,"POWER1":"ON","POWER2":"OFF","Dimmer":30,"Wifi":{"RSSI":60}}"#

    @Test func `a device without discovery is known by its topic`() {
        let home = TasmotaReplay()
        home.send("tele/old/LWT", retained: true, "Online")
        home.send("tele/old/SENSOR", #"{"Time":"x","DS18B20":{"Temperature":8},"TempUnit":"C"}"#)
        home.send("tele/old/STATE", at: 10, state)
        #expect(home.replay.devices.isEmpty, "its discovery may follow")
        home.send("tele/old/STATE", at: 310, state)
        #expect(home.names(of: "old") == ["online", "POWER1", "POWER2", "Dimmer", "DS18B20.Temperature"])
        #expect(home.value("online", of: "old") == .boolean(true))
        #expect(home.value("POWER1", of: "old") == .boolean(true))
        #expect(home.value("DS18B20.Temperature", of: "old") == .number(8))
        #expect(home.command("POWER2", .boolean(true), of: "old") == "cmnd/old/POWER2 ON")
        home.send("stat/old/RESULT", #"{"FanSpeed":2}"#)
        #expect(home.value("FanSpeed", of: "old") == .number(2))
        let again = TasmotaReplay(restarting: home.replay)
        #expect(again.replay.devices == home.replay.devices)
    }

    @Test func `the first state is enough where no discovery follows`() {
        let home = TasmotaReplay()
        home.send("tele/old/SENSOR", at: 5, #"{"Time":"x","DS18B20":{"Temperature":8},"TempUnit":"C"}"#)
        home.send("tele/old/STATE", at: 10, state.replacing("\"Heap\"", with: "\"BatteryPercentage\":77,\"Heap\""))
        home.replay.wait(until: 30)
        #expect(home.replay.devices.isEmpty, "its discovery may follow")
        home.replay.wait(until: 41)
        #expect(
            home.names(of: "old")
                == ["online", "POWER1", "POWER2", "Dimmer", "DS18B20.Temperature", "BatteryPercentage"])
        #expect(home.value("POWER1", of: "old") == .boolean(true))
        #expect(home.value("Dimmer", of: "old") == .number(30))
        #expect(home.value("BatteryPercentage", of: "old") == .number(77))
        #expect(home.value("DS18B20.Temperature", of: "old") == .number(8))
        #expect(TasmotaReplay(restarting: home.replay).replay.devices == home.replay.devices)
    }

    @Test(arguments: [
        (#""UptimeSec":59,"#, false), (#""UptimeSec":61,"#, true), (#""Uptime":"0T00:00:30","#, false),
        (#""Uptime":"0T00:05:00","#, true), (#""Uptime":"3T00:00:01","#, true), (#""Uptime":"x","#, false),
        (#""UptimeSec":1e999,"#, false),
    ])
    func `who has run for long has no discovery, once the broker has said what it retains`(
        _ uptime: String, _ isAtOnce: Bool
    ) {
        let home = TasmotaReplay()
        home.replay.wait(until: 1, isSettled: true)
        home.send("tele/old/STATE", at: 10, #"{"Time":"x",\#(uptime)"POWER":"ON"}"#)
        home.replay.wait(until: 11)
        #expect(home.replay.devices.isEmpty == !isAtOnce)
        if isAtOnce { #expect(home.value("POWER", of: "old") == .boolean(true)) }
    }

    @Test func `a retained state, a banned or a discovered device is not adopted as time goes by`() {
        let home = TasmotaReplay()
        home.discover("lamp", #""rl":[1]"#)
        home.send("tele/ghost/STATE", retained: true, at: 1, state)
        home.send("tele/lamp/STATE", at: 2, state)
        home.send("tasmota/discovery/\(TasmotaReplay.mac)/config", retained: true, "")
        home.send("tele/lamp/STATE", at: 3, state)
        home.replay.wait(until: 1000, isSettled: true)
        #expect(home.replay.devices.keys.map(\.text) == [TasmotaReplay.mac])
        #expect(home.replay.removed == [DeviceID(TasmotaReplay.mac)])
    }

    @Test func `one whose topic cannot be a device's is tried once`() {
        let home = TasmotaReplay()
        let telemetry = Array("tele/ol+d/".utf8)
        for time in [10.0, 310] {
            home.send("tele/ol+d/STATE", at: time, state)
            home.replay.wait(until: time + 50)
            #expect(home.source.strangers.state(of: telemetry) != nil)
            #expect(home.source.strangers.ripe(at: DeviceReplay.start + .seconds(1000)).isEmpty)
        }
        #expect(home.replay.devices.isEmpty)
        #expect(home.source.devices.isEmpty)
    }

    @Test func `its discovery makes it the device with the MAC`() {
        let home = TasmotaReplay()
        for time in [10.0, 310] { home.send("tele/old/STATE", at: time, state) }
        home.send("tele/old/LWT", "Online")
        home.send("tele/old/SENSOR", #"{"Time":"x","DS18B20":{"Temperature":8}}"#)
        home.discover("old", #""rl":[1,1]"#)
        #expect(home.replay.removed == [DeviceID("old")])
        #expect(home.names() == ["online", "POWER1", "POWER2", "DS18B20.Temperature"])
        #expect(home.value("online") == .boolean(true))
        home.send("stat/old/POWER1", "OFF")
        #expect(home.value("POWER1") == .boolean(false))
        let again = TasmotaReplay(restarting: home.replay)
        #expect(again.replay.devices.keys.map(\.text) == [TasmotaReplay.mac])
    }

    @Test(arguments: ["{}", "[]", "ON", #"{"Time":"x"}"#, #"{"POWER":"ON"}"#])
    func `what others say on such topics is no device`(_ payload: String) {
        let home = TasmotaReplay()
        for time in [0.0, 100, 400] { home.send("tele/thing/STATE", at: time, payload) }
        #expect(home.replay.devices.isEmpty)
        #expect(home.replay.letters.isEmpty)
    }

    @Test func `a last will or a retained state alone is a ghost`() {
        let home = TasmotaReplay()
        home.send("tele/ghost/LWT", retained: true, at: 0, "Online")
        for time in [100.0, 400] { home.send("tele/ghost/STATE", retained: true, at: time, state) }
        #expect(home.replay.devices.isEmpty)
    }

    @Test func `a topic that is a MAC becomes the device with that MAC`() {
        let home = TasmotaReplay()
        let mac = TasmotaReplay.mac
        for time in [10.0, 310] { home.send("tele/\(mac)/STATE", at: time, state) }
        #expect(home.property("Dimmer") != nil)
        home.discover(mac, #""rl":[1,1]"#)
        #expect(home.names() == ["online", "POWER1", "POWER2"])
        home.send("stat/\(mac)/POWER2", "ON")
        #expect(home.value("POWER2") == .boolean(true))
        #expect(home.replay.removed.isEmpty)
    }

    @Test func `a topic that another source explains makes no device`() {
        final class Other: DeviceSource {
            let name = "other"
            let filters: [String] = []
            func plan(_ topic: inout DeviceTopic) {
                if topic.topic == "tele/old/LWT" { topic.watch(self) }
            }
            func take(_ message: DeviceMessage, _ news: inout DeviceNews) {}
        }
        let replay = DeviceReplay([Other(), TasmotaSource()])
        replay.send("tele/old/LWT", "Online")
        for time in [10.0, 310, 610] { replay.send("tele/old/STATE", Array(state.utf8), at: time) }
        #expect(replay.devices.isEmpty)
    }
}
