import Komoku
import KomokuHub

@testable import KomokuMQTT

/// A zigbee2mqtt that says what a test wants.
struct ZigbeeNetwork {
    struct Device {
        var address: String
        var name: String
        var exposes =
            #"[{"type":"switch","features":[{"type":"binary","name":"state","property":"state","access":7,"#
            + #""value_on":"ON","value_off":"OFF"}]},{"type":"numeric","name":"temperature","property":"temperature","#
            + #""unit":"°C","access":1}]"#
        var others = ""

        var json: String {
            """
            {"ieee_address":"\(address)","friendly_name":"\(name)","type":"Router","endpoints":{"1":{"a":[1,"x\\"]"]}},\
            \(others)"definition":{"model":"M1","vendor":"V","exposes":\(exposes),"supports_ota":false}}
            """
        }
    }

    static let coordinator = #"{"ieee_address":"0x00","friendly_name":"Coordinator","type":"Coordinator"}"#

    static func list(_ devices: Device...) -> String { list(devices) }

    static func list(_ devices: [Device]) -> String {
        "[" + ([coordinator] + devices.map(\.json)).joined(separator: ",") + "]"
    }

    /// `name: [property: value]` is what counts for most tests.
    static func start(_ devices: Device..., base: String = "z") -> DeviceReplay {
        let replay = DeviceReplay([Zigbee2MQTTSource(base: base)])
        replay.send("\(base)/bridge/state", #"{"state":"online"}"#, retained: true)
        replay.send("\(base)/bridge/devices", list(devices), retained: true)
        return replay
    }
}
