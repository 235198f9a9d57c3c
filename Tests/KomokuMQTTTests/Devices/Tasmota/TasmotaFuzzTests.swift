import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

struct TasmotaFuzzTests {
    /// Messages of each kind, from which mutants are made.
    private static let messages: [(String, String)] = [
        (
            "tasmota/discovery/A1B2C3D4E5F6/config",
            TasmotaReplay.config(
                #""ft":"%topic%/%prefix%/","tp":["cmnd","stat","tele"],"rl":[1,2,3,3],"lt_st":5,"so":{"73":1,"114":1}"#,
                #""swc":[1,0],"swn":["Door",null],"btn":[1],"sht":[[-90,90,1]],"state":["OFF","ON"]"#)
        ),
        (
            "tasmota/discovery/A1B2C3D4E5F6/sensors",
            #"{"sn":{"Time":"x","ENERGY":{"Power":[1,2]},"AM2301":{"Temperature":1.5},"Switch1":"ON","TempUnit":"C"},"ver":1}"#
        ),
        ("tele/lamp/SENSOR", #"{"Time":"x","AM2301":{"Temperature":20.5},"PN532":{"UID":"AB"},"TempUnit":"F"}"#),
        ("tele/lamp/SENSOR", #"{"ZbReceived":{"0x7120":{"Device":"0x7120","Name":"A","Power":1,"Endpoint":1}}}"#),
        ("tele/lamp/STATE", #"{"Time":"x","Uptime":"1T","POWER1":"ON","Wifi":{"RSSI":70,"Signal":-60}}"#),
        ("tele/lamp/RESULT", #"{"Time":"x","RfReceived":{"Data":"E8329E"},"Shutter1":{"Position":4}}"#),
        ("stat/lamp/RESULT", #"{"Button1":{"Action":"SINGLE"},"POWER2":"OFF"}"#),
        ("stat/lamp/POWER2", #"{"POWER2":"ON"}"#), ("tele/lamp/LWT", "Online"),
    ]

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `no message of any shape does harm`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let clock = ContinuousClock()
        let end = clock.now + .milliseconds(350)
        var home = TasmotaReplay()
        var count = 0
        while clock.now < end {
            if count % 200 == 0 { home = TasmotaReplay(restarting: home.replay) }
            let (topic, payload) = Self.messages[Int.random(in: 0..<Self.messages.count, using: &random)]
            var bytes = Array(payload.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) { Self.damage(&bytes, &random) }
            let time = Double(count) * 10
            home.replay.send(topic, bytes, retained: Bool.random(using: &random), at: time)
            count += 1
        }
        #expect(home.replay.devices.values.allSatisfy { $0.properties.count <= 512 }, "seed \(seed)")
    }

    @Test(arguments: [4, 5] as [UInt64])
    func `no memory of any shape does harm`(seed: UInt64) {
        let old = TasmotaReplay()
        old.discover("lamp")
        for (topic, payload) in Self.messages.dropFirst(2) { old.send(topic, payload) }
        var random = SplitMix(seed: seed)
        for _ in 0..<150 {
            let replay = DeviceReplay([TasmotaSource()])
            let damaged = old.replay.remembered.sorted { $0.key < $1.key }.map { topic, payload in
                var bytes = payload
                Self.damage(&bytes, &random)
                return (topic: topic, payload: bytes)
            }
            replay.reader.restore(damaged)
            replay.send("tele/lamp/STATE", #"{"Time":"x"}"#)
            #expect(replay.devices.count <= 3)
        }
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix) {
        guard !bytes.isEmpty else { return }
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(Array("{}[]\",:0-".utf8).randomElement(using: &random) ?? 0, at: index)
        case 3: bytes.removeSubrange(index...)
        default:
            let end = min(bytes.count, index + Int.random(in: 1...20, using: &random))
            bytes.insert(contentsOf: bytes[index..<end], at: Int.random(in: 0...bytes.count, using: &random))
        }
    }
}
