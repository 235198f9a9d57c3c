import Foundation
import Komoku
import KomokuHub
import Testing

@testable import KomokuMQTT

/// Single messages that real publishers send, `Fixtures/devices.jsonl`, and what their own programs make of them.
struct PeerCasesTests {
    enum Expected: Sendable {
        case value(String, String, Value)
        /// There was a value and is none any more, or there never was one.
        case nothing(String, String)
        case unit(String, String, String)
        case event(String, String, Value)
        case sent(topic: String, payload: String)
        /// It is there, and may be put or not.
        case writable(String, String, Bool)
        /// The device has no such property, or has it no more.
        case absent(String, String)
    }

    /// By the number of the line, from 0.
    private static let expected: [Int: [Expected]] = [
        0: [.value("x", "x1", "run")], 1: [.value("x", "x1", "run")], 2: [.sent(topic: "x/p", payload: "mid")],
        3: [.value("x", "x1", "on")], 4: [.value("x", "x1", "['a', 'b']")], 5: [.event("x", "x1", "press")],
        6: [.sent(topic: "x/c", payload: #"{"mode":"fire","duration":10}"#)],
        7: [.value("x", "x1", "2026-03-14T06:00:00+00:00")], 8: [.value("x", "x1", "2023-11-14")],
        9: [.value("x", "x1", "No Power")], 10: [.value("x", "x1", "1.3")], 11: [.value("x", "x1", "20")],
        12: [.sent(topic: "x/r", payload: "#ff8000")], 13: [.sent(topic: "x/c", payload: "99")],
        14: [.value("x", "x1", "none")],
        15: [.value("x", "x1", .number(0.5))], 16: [.nothing("x", "x1.preset_mode")],
        17: [.value("x", "x1.state", "opening")],
        18: [.value("x", "x1.state", "opening"), .value("x", "x1.position", .number(60))],
        19: [.nothing("x", "x1.target_humidity")], 20: [.value("x", "online", .boolean(false))],
        21: [
            .value("box", "temp", .number(21)), .unit("box", "temp", "°C"), .writable("box", "temp", false),
            .writable("box", "temp_number", true),
        ],
        22: [.absent("f", "gone"), .writable("f", "stays", false)],
        23: [.value("0x00158d0000000001", "color_temp_startup", .number(65535))],
        24: [.value("0x00158d0000000001", "current_level_startup", "previous")],
        25: [.event("0x00158d0000000001", "action", "recall_1")],
        26: [.value("0x00158d0000000001", "brightness", .number(255))],
        27: [.value("0x00158d0000000001", "color_mode", "color_temp")],
        28: [.sent(topic: "zigbee2mqtt/d/set", payload: #"{"p":{"action":"go"}}"#)],
        29: [
            .unit("A0B0C0000001", "PMS5003.CF1", "µg/m³"), .unit("A0B0C0000001", "PMS5003.CF2.5", "µg/m³"),
            .unit("A0B0C0000001", "PMS5003.CF10", "µg/m³"), .unit("A0B0C0000001", "PMS5003.PB0.3", "ppd"),
        ],
        30: [
            .unit("A0B0C0000001", "ENERGY.ExportTariff.1", "kWh"), .unit("A0B0C0000001", "ENERGY.CurrentNeutral", "A"),
            .unit("A0B0C0000001", "ANALOG.CTEnergy1.Energy", "kWh"), .unit("A0B0C0000001", "APDS9960.CCT", "K"),
        ],
        31: [.value("A0B0C0000001", "ENERGY.Power.1", .number(100)), .absent("A0B0C0000001", "ENERGY.Power")],
        32: [.nothing("A0B0C0000001", "ZbInfo.0x7A14.Power")],
        33: [.event("A0B0C0000001", "RC522.UID", "BA839D07")],
        34: [
            .value("shellyx-aabbccddeeff", "blutrv:200.target_C", .number(21.5)),
            .unit("shellyx-aabbccddeeff", "blutrv:200.target_C", "°C"),
            .writable("shellyx-aabbccddeeff", "blutrv:200.target_C", true),
            .value("shellyx-aabbccddeeff", "blutrv:200.current_C", .number(20.6)),
            .unit("shellyx-aabbccddeeff", "blutrv:200.current_C", "°C"),
            .value("shellyx-aabbccddeeff", "blutrv:200.pos", .number(40)),
            .unit("shellyx-aabbccddeeff", "blutrv:200.pos", "%"),
            .value("shellyx-aabbccddeeff", "blutrv:200.rssi", .number(-60)),
            .value("shellyx-aabbccddeeff", "blutrv:200.battery", .number(99)),
        ],
        35: [
            .writable("shellyx-aabbccddeeff", "thermostat:0.target_C", true),
            .value("shellyx-aabbccddeeff", "thermostat:0.enable", .boolean(true)),
        ],
        36: [.value("house/attic/heater", "switch:0.output", .boolean(false))],
        37: [
            .value("shellytrv-AABBCC000006", "thermostat.0.target_t", .number(21)),
            .unit("shellytrv-AABBCC000006", "thermostat.0.target_t", "°C"),
            .value("shellytrv-AABBCC000006", "thermostat.0.tmp", .number(20.5)),
            .value("shellytrv-AABBCC000006", "thermostat.0.pos", .number(40)),
            .value("shellytrv-AABBCC000006", "battery", .number(88)),
            .sent(topic: "shellies/shellytrv-AABBCC000006/thermostat/0/command/target_t", payload: "22"),
        ],
        38: [
            .value("shellymotionsensor-AABBCC000007", "motion", .boolean(true)),
            .value("shellymotionsensor-AABBCC000007", "vibration", .boolean(false)),
            .value("shellymotionsensor-AABBCC000007", "lux", .number(321)),
            .unit("shellymotionsensor-AABBCC000007", "lux", "lx"),
            .value("shellymotionsensor-AABBCC000007", "battery", .number(88)),
        ],
        39: [.sent(topic: "homie/5/lamp/l/level/set", payload: "45")],
        40: [
            .unit("M/7", "battery_mV", "mV"), .unit("M/7", "depth_cm", "cm"), .unit("M/7", "pm2_5_ug_m3", "µg/m³"),
            .unit("M/7", "rain_rate_mm_h", "mm/h"), .unit("M/7", "co2_ppm", "ppm"), .unit("M/7", "battery_pct", "%"),
            .unit("M/7", "storm_dist_km", "km"),
        ],
        41: [
            .unit("AABBCC000001", "tempc2", "°C"), .unit("AABBCC000001", "moi", "%"),
            .unit("AABBCC000001", "co2", "ppm"), .unit("AABBCC000001", "pm25", "µg/m³"),
            .unit("AABBCC000001", "weight", "kg"), .unit("AABBCC000001", "fer", "µS/cm"),
        ],
        42: [.value("go-eCharger/1", "fna", "garage")],
    ]

    private static func rows() throws -> [JSON] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: tests.appending(path: "Fixtures/devices.jsonl"), encoding: .utf8)
        return try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    /// What a put of a line goes to.
    private static let puts: [Int: (device: String, property: String, value: Value)] = [
        2: ("x", "x1.percentage", .number(66)), 6: ("x", "x1", .boolean(true)), 12: ("x", "x1.rgb", "255,128,0"),
        13: ("x", "x1.state", .boolean(true)),
        28: ("0x00158d0000000001", "p.action", "go"), 39: ("lamp", "l.level", .number(47)),
        37: ("shellytrv-AABBCC000006", "thermostat.0.target_t", .number(22)),
    ]

    @Test func `every line is here`() throws {
        #expect(try Self.rows().count == Self.expected.count)
    }

    @Test(arguments: expected.keys.sorted())
    func `a message means what it means to its own program`(_ line: Int) throws {
        let row = try #require(try Self.rows().dropFirst(line).first)
        let family: any DeviceSource =
            switch row["family"]?.string {
            case "zigbee2mqtt": Zigbee2MQTTSource(base: "zigbee2mqtt")
            case "tasmota": TasmotaSource()
            case "shelly": ShellySource()
            case "homie": HomieSource(domains: ["homie"])
            case "json": GenericJSONSource(topics: ["#"])
            default: HomeAssistantSource()
            }
        let replay = DeviceReplay([family])
        func send(_ message: JSON) {
            replay.send(
                message["topic"]?.string ?? "", message["payload"]?.string ?? "",
                retained: message["retain"]?.bool ?? false)
        }
        for message in row["before"]?.array ?? [] { send(message) }
        if row["topic"]?.string?.hasPrefix("(put ") != true { send(row) }
        for expected in Self.expected[line] ?? [] { check(expected, line, replay) }
    }

    private func check(_ expected: Expected, _ line: Int, _ replay: DeviceReplay) {
        switch expected {
        case .value(let device, let property, let value): #expect(replay.value(device, property) == value)
        case .nothing(let device, let property): #expect(replay.value(device, property) == nil)
        case .unit(let device, let property, let unit):
            let found = replay.property(PropertyID(DeviceID(device), property))
            #expect(found?.unit == unit, "\(replay.devices.values.map { $0.properties.map(\.name) })")
        case .event(let device, let property, let value):
            #expect(replay.events[PropertyID(DeviceID(device), property)] == [value])
        case .writable(let device, let property, let isWritable):
            #expect(replay.property(PropertyID(DeviceID(device), property))?.isWritable == isWritable)
        case .absent(let device, let property):
            #expect(replay.devices[DeviceID(device)] != nil)
            #expect(replay.property(PropertyID(DeviceID(device), property)) == nil)
        case .sent(let topic, let payload):
            let put = Self.puts[line]
            let sent = put.flatMap { replay.command($0.device, $0.property, $0.value) }
            #expect(sent?.topic == topic && sent?.payload == payload, "\(String(describing: sent))")
        }
    }
}

extension Value: ExpressibleByStringLiteral {
    init(stringLiteral text: String) { self = .string(text) }
}
