import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

struct TasmotaZigbeeTests {
    private static let report = #""Power":1,"Temperature":21.5,"Endpoint":1,"LinkQuality":70"#

    @Test(arguments: [
        ("tele/zb/SENSOR", "{\"ZbReceived\":{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}}"),
        ("tele/zb/RESULT", "{\"ZbReceived\":{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}}"),
        ("tele/zb/SENSOR", "{\"ZbReceived\":{\"Lamp\":{\"Device\":\"0x5ADF\",\(report)}}}"),
        ("tele/zb/5ADF/SENSOR", "{\"ZbReceived\":{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}}"),
        ("tele/zb/5ADF_1/SENSOR", "{\"ZbReceived\":{\(report)}}"),
        ("tele/zb/Lamp/SENSOR", "{\"ZbReceived\":{\"Device\":\"0x5ADF\",\(report)}}"),
        ("tele/5ADF/SENSOR", "{\"ZbReceived\":{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}}"),
        ("tele/zb/ZbReceived", "{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}"),
        ("tele/zb/5ADF/ZbReceived", "{\(report)}"),
        ("tele/zb/SENSOR", "{\"0x5ADF\":{\"Device\":\"0x5ADF\",\(report)}}"),
        ("tele/zb/SENSOR", "{\"Device\":\"0x5ADF\",\(report)}"),
    ])
    func `a report is read in each shape that options give it`(_ topic: String, _ payload: String) {
        let home = TasmotaReplay()
        home.discover("zb", #""md":"ZbBridge""#)
        home.send(topic, payload)
        let child = "\(TasmotaReplay.mac):0x5ADF"
        #expect(home.value("Power", of: child) == .boolean(true))
        #expect(home.value("Temperature", of: child) == .number(21.5))
        #expect(home.replay.devices[DeviceID(child)]?.via == DeviceID(TasmotaReplay.mac))
        #expect(home.names() == ["online"])
        #expect(home.replay.letters.isEmpty)
    }

    @Test func `remotes, raw clusters and repeats of what is known`() {
        let home = TasmotaReplay()
        home.discover("zb")
        let child = "\(TasmotaReplay.mac):0x0001"
        let payload = { (attributes: String) in "{\"ZbReceived\":{\"0x0001\":{\"Device\":\"0x0001\",\(attributes)}}}" }
        home.send("tele/zb/SENSOR", payload(#""Power":2,"0006!01":"","0006/4001":3,"Click":"single","Occupancy":1"#))
        home.send("tele/zb/SENSOR", payload(#""Click":"single""#))
        home.send("tele/zb/SENSOR", retained: true, payload(#""Click":"double","Occupancy":0"#))
        #expect(home.names(of: child) == ["Click", "Occupancy"])
        #expect(home.events("Click", of: child) == ["single", "single"])
        #expect(home.value("Occupancy", of: child) == .boolean(false))
        home.send("tele/zb/SENSOR", payload(#""Name":"Remote","ModelId":"x""#))
        #expect(home.replay.devices[DeviceID(child)]?.name == "Remote")
        home.send("tasmota/discovery/\(TasmotaReplay.mac)/config", "")
        #expect(home.replay.removed.contains(DeviceID(child)))
    }

    @Test func `a bridge has no more than so many devices`() {
        let home = TasmotaReplay()
        home.discover("zb")
        for number in 0..<300 {
            let address = "0x" + String(0x1000 + number, radix: 16).uppercased()
            home.send("tele/zb/SENSOR", "{\"ZbReceived\":{\"\(address)\":{\"Device\":\"\(address)\",\"Power\":1}}}")
        }
        #expect(home.replay.devices.count == 257)
    }
}
