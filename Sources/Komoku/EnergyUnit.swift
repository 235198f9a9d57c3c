/// What a unit of power comes to over an hour.
public struct EnergyUnit: Hashable, Sendable {
    /// `Wh`, `kWh`, `MWh`.
    public let name: String
    /// Of them, in watt-hours.
    public let wattHours: Double

    private static let all = [
        EnergyUnit(name: "Wh", wattHours: 1), EnergyUnit(name: "kWh", wattHours: 1000),
        EnergyUnit(name: "MWh", wattHours: 1_000_000),
    ]

    private init(name: String, wattHours: Double) { (self.name, self.wattHours) = (name, wattHours) }

    /// Nil where it is no such unit.
    public init?(named name: String) {
        guard let unit = Self.all.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
        self = unit
    }

    /// Of `W`, `kW` or `MW`; nil where it is none of these.
    public init?(power: String?) {
        guard let power, let unit = EnergyUnit(named: power + "h") else { return nil }
        self = unit
    }
}
