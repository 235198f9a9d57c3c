import Komoku

/// The units of a device's sensors: some stand beside the values, the others follow from the names.
struct TasmotaUnits: Hashable {
    var temperature = "°C"
    var pressure = "hPa"
    var speed: String?

    /// Whether a message says them; only then are they looked for in each.
    var isStated: Bool { !stated.isEmpty }
    /// What a message that says the units known holds: `"TempUnit":"C"`.
    private(set) var stated: [String: [UInt8]] = [:]

    /// Takes over what stands beside the values of a message.
    mutating func read(_ body: JSON) {
        let units = ["TempUnit", "PressureUnit", "SpeedUnit"].compactMap { name in
            body[name]?.string.flatMap(Self.short).map { (name, $0) }
        }
        for (name, text) in units {
            switch name {
            case "TempUnit": temperature = text.uppercased().hasSuffix("F") ? "°F" : "°C"
            case "PressureUnit": pressure = text
            default: speed = text
            }
            stated[name] = Array("\"\(name)\":\"\(text)\"".utf8)
        }
    }

    private static func short(_ text: String) -> String? {
        text.isEmpty || text.utf8.count > 16 ? nil : text
    }

    private static let byName: [String: String] = [
        "Humidity": "%", "Moisture": "%", "Battery": "%", "BatteryPercentage": "%",
        "Illuminance": "lx", "Ambient": "lx", "CarbonDioxide": "ppm", "eCO2": "ppm", "CO2": "ppm", "TVOC": "ppb",
        "PM1": "µg/m³", "PM2.5": "µg/m³", "PM10": "µg/m³", "PM4": "µg/m³", "Distance": "cm", "Weight": "kg",
        "Voltage": "V", "RMSVoltage": "V", "BatteryVoltage": "V", "Current": "A", "RMSCurrent": "A", "Power": "W",
        "ActivePower": "W", "ApparentPower": "VA", "ReactivePower": "VAr", "Frequency": "Hz", "Total": "kWh",
        "Today": "kWh", "Yesterday": "kWh", "ExportActive": "kWh", "ImportActive": "kWh", "Period": "Wh",
        "ExportReactive": "kVArh", "ImportReactive": "kVArh", "TotalTariff": "kWh", "TodaySumImport": "kWh",
        "TodaySumExport": "kWh", "PhaseAngle": "°", "ExportTariff": "kWh", "CurrentNeutral": "A", "Energy": "kWh",
        "CCT": "K", "CF1": "µg/m³", "CF2": "µg/m³", "CF10": "µg/m³", "PB0": "ppd", "PB1": "ppd", "PB2": "ppd",
        "PB5": "ppd", "PB10": "ppd", "Vcc": "V",
    ]
    private static let temperatures: Set<String> = ["Temperature", "DewPoint", "FeelsLike", "WetBulb"]
    private static let pressures: Set<String> = ["Pressure", "SeaPressure"]

    /// Names that stand for numbers, even where the sensor fails and says none.
    static func isNumeric(_ path: String) -> Bool { names(path).first.map(isKnown) ?? false }

    private static func isKnown(_ name: String) -> Bool {
        byName[name] != nil || temperatures.contains(name) || pressures.contains(name) || name == "Factor"
    }

    /// The unit of the leaf at a path; nil where it has none.
    func unit(_ path: String) -> String? {
        let names = Self.names(path)
        guard let name = names.first else { return nil }
        // What a value is of may stand one level before: `TX23.Speed.Avg`.
        let near = names.prefix(2)
        if near.contains("Speed") { return speed }
        if near.contains(where: Self.temperatures.contains) { return temperature }
        if Self.pressures.contains(name) { return pressure }
        // Meters of gas and water have totals too.
        if Self.totals.contains(name), names.count > 1, names.last != "ENERGY" { return nil }
        return Self.byName[name]
    }

    private static let totals: Set<String> = ["Total", "Today", "Yesterday", "Period"]

    /// The names of a path from its end, without the numbers of items, and of channels: `Temperature2`.
    private static func names(_ path: String) -> [String] {
        if path.hasSuffix("PM2.5") { return ["PM2.5"] }
        return path.split(separator: ".").reversed().filter { Int($0) == nil }.map { level in
            let word = String(level.reversed().drop { $0.isNumber }.reversed())
            return !isKnown(String(level)) && isKnown(word) ? word : String(level)
        }
    }
}
