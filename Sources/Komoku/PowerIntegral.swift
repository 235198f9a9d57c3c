/// A counter that is the energy of a key of power: `{"from": KEY, "unit": "kWh"}`.
public struct PowerIntegral: Hashable, Sendable {
    public let source: KeyName
    public let unit: EnergyUnit

    public init?(_ json: JSON) {
        guard let source = json["from"]?.string.flatMap(KeyName.init),
            let unit = EnergyUnit(named: json["unit"]?.string ?? "kWh")
        else { return nil }
        (self.source, self.unit) = (source, unit)
    }

    /// What a power comes to that holds for some time.
    ///
    /// - Parameter power: its unit; W where it is none of power.
    public func energy(of number: Double, in power: String?, for time: Duration) -> Double {
        let wattHours = number * (EnergyUnit(power: power)?.wattHours ?? 1) * (time.seconds / 3600)
        return wattHours / unit.wattHours
    }
}
