import Komoku
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuMQTT

/// Discovery and values of every family: the messages of the fixtures with parts of their documents changed.
struct DiscoveryFuzzTests {
    private static let families = ["zigbee2mqtt", "tasmota", "hadiscovery", "esphome", "homie", "shelly", "misc"]

    private static func sources() -> [any DeviceSource] {
        [
            Zigbee2MQTTSource(base: "zigbee2mqtt"), HomeAssistantSource(), TasmotaSource(), ShellySource(),
            HomieSource(domains: ["homie"]), GenericJSONSource(topics: ["sensors/#", "rtl_433/#"]),
        ]
    }

    private struct Sample {
        let topic: String
        let payload: [UInt8]
        let json: JSON?
    }

    private static let samples: [Sample] = families.flatMap { family in
        ((try? DeviceFixture(family, folder: #filePath).rows) ?? []).filter { $0.payload.count < 20_000 }
            .map { Sample(topic: $0.topic, payload: $0.payload, json: try? JSON(parsing: $0.payload)) }
    }

    @Test func `there are samples of every family`() {
        #expect(Self.samples.count > 200)
    }

    @Test func `no discovery and no value of any family makes the hub trap`() {
        let samples = Self.samples
        Fuzz.run("discovery", seeds: 60) { source in
            let replay = DeviceReplay(Self.sources())
            for number in 0..<60 {
                let sample = source.pick(samples)
                replay.send(
                    sample.topic, Self.payload(of: sample, &source), retained: source.chance(3), at: Double(number))
            }
            for device in replay.devices.values {
                for property in device.properties.prefix(40) where property.isWritable {
                    let value: Value =
                        switch property.type {
                        case .numeric, .counter: .number(source.double())
                        case .boolean, .uptime: .boolean(source.chance(2))
                        case .string: .string(source.text())
                        }
                    _ = replay.command(device.id.text, property.name, value)
                }
            }
            let again = DeviceReplay(Self.sources())
            again.reader.restore(replay.remembered.map { ($0.key, $0.value) })
        }
    }

    private static func payload(of sample: Sample, _ source: inout FuzzSource) -> [UInt8] {
        guard let json = sample.json, !source.chance(10) else {
            var bytes = source.chance(3) ? Array(source.text().utf8) : sample.payload
            if source.chance(2) { source.damage(&bytes) }
            return bytes
        }
        if source.chance(4) { return sample.payload }
        return source.mutant(of: json, changing: source.pick([4, 12, 40])).bytes
    }

    /// The one that ended the daemon at each start.
    @Test(arguments: ["-1", "-9223372036854775808", "1e300", "9223372036854775807", "\"x\"", "null", "0.5"])
    func `a light of any kind is read`(number: String) {
        let replay = DeviceReplay([TasmotaSource()])
        replay.send(
            "tasmota/discovery/A1B2C3D4E5F6/config",
            #"{"mac":"A1B2C3D4E5F6","t":"lamp","ft":"%prefix%/%topic%/","tp":["cmnd","stat","tele"],"rl":[2],"ty":1,"#
                + #""lt_st":\#(number),"ver":1}"#)
        replay.send("tasmota/discovery/A1B2C3D4E5F6/sensors", #"{"sn":{"Time":"x"},"ver":1}"#)
        #expect(replay.devices.count == 1)
    }
}
