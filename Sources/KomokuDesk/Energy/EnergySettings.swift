package import Komoku
package import KomokuWire
internal import Synchronization

/// What the section `energy` says: which counters are the house's meters, and what things cost.
package struct EnergySettings: Hashable, Sendable {
    package struct Meter: Hashable, Sendable {
        package var key: KeyName
        package var kind: EnergyMeterKind
        /// Nil is the key.
        package var name: String?
        /// Nil is that of the house.
        package var price: EnergyPrice?
        /// What one unit of the meter comes to, in kWh: for gas.
        package var factor: Double?

        package init(_ key: KeyName, _ kind: EnergyMeterKind) { (self.key, self.kind) = (key, kind) }
    }

    package var currency: String?
    package var meters: [Meter] = []
    /// Of a kWh from the grid.
    package var price: EnergyPrice?
    /// For a kWh that is fed in.
    package var feedIn: EnergyPrice?

    package init() {}

    package var isEmpty: Bool { meters.isEmpty }

    /// What a unit of a meter costs; less than nothing is what it earns.
    func price(of meter: Meter) -> (price: EnergyPrice, sign: Double)? {
        switch meter.kind {
        case .gridIn: (meter.price ?? price).map { ($0, 1) }
        case .gridOut: (meter.price ?? feedIn).map { ($0, -1) }
        case .water, .gas: meter.price.map { ($0, 1) }
        default: nil
        }
    }
}

/// What a unit costs.
package enum EnergyPrice: Hashable, Sendable {
    case fixed(Double)
    case hours(HourPrices)
    /// The mean of the key in each hour.
    case key(KeyName)

    var key: KeyName? { if case .key(let key) = self { key } else { nil } }
}

/// Prices that depend on the time of day, as the clocks at the hub's place show it.
package struct HourPrices: Hashable, Sendable {
    /// From a minute of the day on, up to and without another; over midnight the second is the smaller one.
    package struct Span: Hashable, Sendable {
        package var from: Int
        package var to: Int
        package var price: Double

        package init(from: Int, to: Int, price: Double) { (self.from, self.to, self.price) = (from, to, price) }

        func holds(_ minute: Int) -> Bool {
            from < to ? from <= minute && minute < to : minute >= from || minute < to
        }
    }

    package var spans: [Span]
    package var otherwise: Double

    package init(_ spans: [Span], otherwise: Double) { (self.spans, self.otherwise) = (spans, otherwise) }

    func price(at minute: Int) -> Double { spans.first { $0.holds(minute) }?.price ?? otherwise }

    /// The minutes of the day at which a price begins or ends.
    var changes: Set<Int> { Set(spans.flatMap { [$0.from % 1440, $0.to % 1440] }) }
}

/// The settings that are in force; a reload gives others.
package final class EnergyBook: Sendable {
    private let settings: Mutex<EnergySettings>

    package init(_ settings: EnergySettings = EnergySettings()) { self.settings = Mutex(settings) }

    package var current: EnergySettings { settings.withLock { $0 } }
    package func set(_ new: EnergySettings) { settings.withLock { $0 = new } }
}
