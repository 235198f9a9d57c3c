import Komoku

/// What zigbee2mqtt knows of a kind of device: an entry of `bridge/devices`, without what tells one from another.
struct ZigbeeModel: Sendable {
    var vendor: String
    var model: String
    var about: String
    var isRouter = false
    var exposes: [JSON]

    /// A value that the device reports; with `values` one of two words or booleans.
    static func binary(_ property: String, on: JSON, off: JSON) -> JSON {
        feature("binary", property, access: 1, ["value_on": on, "value_off": off])
    }

    static func numeric(_ property: String, unit: String? = nil) -> JSON {
        feature("numeric", property, access: 1, unit.map { ["unit": .string($0)] } ?? [:])
    }

    /// What every device with a battery has.
    static let battery = [numeric("battery", unit: "%"), numeric("voltage", unit: "mV")]
    static let linkQuality = numeric("linkquality", unit: "lqi")

    /// A switch that is put and reported.
    static let switchState = feature(
        "binary", "state", access: 7, ["value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE"])

    static let brightness = feature("numeric", "brightness", access: 7, ["value_min": 0, "value_max": 254])

    /// One of several words; put and reported, or only reported.
    static func choice(_ property: String, _ values: [String], isPut: Bool = true) -> JSON {
        feature(
            "enum", property, access: isPut ? 7 : 1, ["values": .array(values.map { .string($0) })])
    }

    /// A number that is put and reported.
    static func level(_ property: String, _ range: ClosedRange<Double>, step: Double? = nil, unit: String? = nil)
        -> JSON
    {
        var more: [JSON.Member] = [
            JSON.Member("value_min", .number(range.lowerBound)), JSON.Member("value_max", .number(range.upperBound)),
        ]
        if let step { more.append(JSON.Member("value_step", .number(step))) }
        if let unit { more.append(JSON.Member("unit", .string(unit))) }
        return feature("numeric", property, access: 7, .object(more))
    }

    static func action(_ values: [String]) -> JSON {
        feature("enum", "action", access: 1, ["values": .array(values.map { .string($0) })])
    }

    /// A light or a switch: features without a property of their own.
    static func wrapper(_ type: String, _ features: [JSON]) -> JSON {
        ["type": .string(type), "features": .array(features)]
    }

    static func feature(_ type: String, _ property: String, access: Double, _ more: JSON) -> JSON {
        let members = [
            JSON.Member("type", .string(type)), JSON.Member("name", .string(property)),
            JSON.Member("property", .string(property)), JSON.Member("access", .number(access)),
        ]
        return .object(members + (more.object ?? []))
    }

    /// The whole entry.
    func entry(name: String, address: Int) -> JSON {
        [
            "ieee_address": .string(Self.ieee(address)), "friendly_name": .string(name),
            "type": isRouter ? "Router" : "EndDevice", "supported": true, "disabled": false,
            "interview_completed": true, "power_source": isRouter ? "Mains (single phase)" : "Battery",
            "definition": [
                "source": "native", "vendor": .string(vendor), "model": .string(model), "description": .string(about),
                "exposes": .array(exposes + [Self.linkQuality]), "options": [],
            ],
        ]
    }

    /// `0x00158d00` and the number.
    private static func ieee(_ address: Int) -> String {
        let digits = String(address, radix: 16)
        return "0x00158d00" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

extension ZigbeeModel {
    static let climate = ZigbeeModel(
        vendor: "Aqara", model: "WSDCGQ11LM", about: "Temperature and humidity sensor",
        exposes: [numeric("temperature", unit: "°C"), numeric("humidity", unit: "%")] + battery)
    static let motion = ZigbeeModel(
        vendor: "Aqara", model: "RTCGQ11LM", about: "Motion sensor",
        exposes: [binary("occupancy", on: true, off: false), numeric("illuminance", unit: "lx")] + battery)
    static let contact = ZigbeeModel(
        vendor: "Aqara", model: "MCCGQ11LM", about: "Door and window sensor",
        exposes: [binary("contact", on: false, off: true)] + battery)
    static let button = ZigbeeModel(
        vendor: "Aqara", model: "WXKG11LM", about: "Wireless mini switch",
        exposes: [action(["single", "double", "hold"])] + battery)
    static let lamp = ZigbeeModel(
        vendor: "IKEA", model: "LED1836G9", about: "TRADFRI bulb E27", isRouter: true,
        exposes: [wrapper("light", [switchState, brightness])])
    static let plug = ZigbeeModel(
        vendor: "Tuya", model: "TS011F_plug_1", about: "Smart plug with power monitoring", isRouter: true,
        exposes: [
            wrapper("switch", [switchState]), numeric("power", unit: "W"), numeric("current", unit: "A"),
            numeric("voltage", unit: "V"), numeric("energy", unit: "kWh"),
        ])
}

extension ZigbeeModel {
    static let blind = ZigbeeModel(
        vendor: "IKEA", model: "E2102", about: "FYRTUR roller blind", isRouter: true,
        exposes: [
            wrapper("cover", [choice("state", ["OPEN", "CLOSE", "STOP"]), level("position", 0...100, unit: "%")])
        ])
    static let radiator = ZigbeeModel(
        vendor: "Danfoss", model: "014G2461", about: "Ally thermostat",
        exposes: [
            wrapper(
                "climate",
                [
                    level("occupied_heating_setpoint", 5...30, step: 0.5, unit: "°C"),
                    numeric("local_temperature", unit: "°C"), choice("system_mode", ["off", "heat", "auto"]),
                    choice("running_state", ["idle", "heat"], isPut: false),
                ]),
            wrapper(
                "lock",
                [
                    feature(
                        "binary", "child_lock", access: 7, ["value_on": "LOCK", "value_off": "UNLOCK"])
                ]),
            numeric("pi_heating_demand", unit: "%"),
        ] + battery)
    static let colourLamp = ZigbeeModel(
        vendor: "Philips", model: "9290022166", about: "Hue white and color ambiance E27", isRouter: true,
        exposes: [
            wrapper(
                "light",
                [
                    switchState, brightness, level("color_temp", 153...500, unit: "mired"),
                    [
                        "type": "composite", "name": "color_hs", "property": "color", "access": 7,
                        "features": [level("hue", 0...360), level("saturation", 0...100)],
                    ],
                ])
        ])
    static let lock = ZigbeeModel(
        vendor: "Yale", model: "YRD426NRSC", about: "Assure lock",
        exposes: [
            wrapper(
                "lock",
                [
                    feature("binary", "state", access: 7, ["value_on": "LOCK", "value_off": "UNLOCK"]),
                    choice("lock_state", ["locked", "unlocked"], isPut: false),
                ])
        ] + battery)
    static let leak = ZigbeeModel(
        vendor: "Aqara", model: "SJCGQ11LM", about: "Water leak sensor",
        exposes: [binary("water_leak", on: true, off: false), binary("battery_low", on: true, off: false)] + battery)
}
