internal import KomokuWire

/// What a meter's unit comes to in the one that amounts are told in.
struct EnergyScale: Hashable, Sendable {
    /// `kWh` or `m³`.
    let unit: String
    let factor: Double

    /// kWh of an energy; nil where it is none.
    private static func kilowattHours(_ unit: String) -> Double? {
        switch unit {
        case "Wh": 0.001
        case "kWh": 1
        case "MWh": 1000
        case "J": 1 / 3_600_000
        case "kJ": 1 / 3600
        case "MJ": 1 / 3.6
        case "GJ": 1 / 0.0036
        default: nil
        }
    }

    /// m³ of a volume; nil where it is none.
    private static func cubicMetres(_ unit: String) -> Double? {
        switch unit {
        case "m³", "m3": 1
        case "L", "l", "dm³", "dm3": 0.001
        default: nil
        }
    }

    /// - Parameters:
    ///   - unit: of the key; nil is what such meters usually count.
    ///   - factor: kWh in a unit of the meter.
    /// - Returns: nil where the unit does not fit.
    init?(_ kind: EnergyMeterKind, unit: String?, factor: Double?) {
        let (energy, volume) = (unit.flatMap(Self.kilowattHours), unit.flatMap(Self.cubicMetres))
        switch kind {
        case .water:
            guard let scale = unit == nil ? 1 : volume else { return nil }
            self.init(unit: "m³", factor: scale)
        case .gas:
            if let energy {
                self.init(unit: "kWh", factor: energy)
            } else {
                guard let scale = unit == nil ? 1 : volume else { return nil }
                self.init(unit: factor == nil ? "m³" : "kWh", factor: scale * (factor ?? 1))
            }
        default:
            guard let scale = unit == nil ? 1 : energy else { return nil }
            self.init(unit: "kWh", factor: scale)
        }
    }

    private init(unit: String, factor: Double) { (self.unit, self.factor) = (unit, factor) }

    /// The units that such a meter may have, for messages.
    static func words(for kind: EnergyMeterKind) -> String {
        switch kind {
        case .water: "m³ or L"
        case .gas: "m³, L, kWh or MJ"
        default: "Wh, kWh, MWh, kJ, MJ or GJ"
        }
    }
}
