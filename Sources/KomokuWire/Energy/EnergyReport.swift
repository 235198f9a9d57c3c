public import Komoku

/// `energy`: what the meters of the house counted, by steps of the calendar.
public struct EnergyRequest: Shape, Hashable {
    public var step = EnergyStep.day
    /// Nil is as far back as is usually looked at: a day of hours, a month of days, a year of months.
    public var since: Timestamp?
    /// Nil is now.
    public var until: Timestamp?
    /// The name of a time zone, such as `Europe/Warsaw`; nil is the hub's.
    public var zone: String?

    public init() {}

    public init(by step: EnergyStep, since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.step, self.since, self.until) = (step, since, until)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("by", &step)
        try visit.moment("since", &since)
        try visit.moment("until", &until)
        try visit.optional("zone", &zone)
    }
}

/// A step of the calendar.
public enum EnergyStep: String, Hashable, Sendable, CaseIterable, WireValue {
    case hour, day, week, month, year
}

/// What a meter counts.
public enum EnergyMeterKind: String, Hashable, Sendable, CaseIterable, OpenWord {
    case gridIn = "grid_in"
    case gridOut = "grid_out"
    case solar
    case batteryIn = "battery_in"
    case batteryOut = "battery_out"
    case water, gas, device
    /// A newer hub knows more.
    case other
}

/// A meter of the house.
public struct EnergyMeter: Shape, Hashable, WireValue {
    /// Its key.
    public var id = ""
    public var kind = EnergyMeterKind.other
    public var name = ""
    /// Of the amounts: `kWh`, `m³`.
    public var unit = ""
    /// Why it has no amounts, as a sentence.
    public var fault: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("id", &id)
        try visit.required("kind", &kind)
        try visit.always("name", &name)
        try visit.always("unit", &unit)
        try visit.optional("fault", &fault)
    }
}

/// Numbers by the ids of meters; null is one that nobody knows.
public struct EnergyAmounts: Hashable, Sendable, WireValue {
    package var entries: [(id: String, amount: Double?)] = []

    public init() {}
    package init(_ entries: [(id: String, amount: Double?)]) { self.entries = entries }

    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let members = json.object else { throw .invalidQuery("'\(name)' has numbers by meters") }
        entries = members.map { ($0.name, $0.value.number) }
    }

    public var wire: JSON { .object(entries.map { JSON.Member($0.id, $0.amount?.wire ?? .null) }) }

    public subscript(id: String) -> Double? { entries.first { $0.id.utf8.elementsEqual(id.utf8) }?.amount }

    public static func == (left: EnergyAmounts, right: EnergyAmounts) -> Bool { left.wire == right.wire }
    public func hash(into hasher: inout Hasher) { wire.hash(into: &hasher) }
}

/// What was counted in one step.
public struct EnergyRow: Shape, Hashable, WireValue {
    public var since = Timestamp(microseconds: 0)
    public var until = Timestamp(microseconds: 0)
    /// A meter that nothing is known of is left out.
    public var values = EnergyAmounts()
    /// Of meters with a price; what was fed in is less than zero, and null is where a price was not known.
    public var cost = EnergyAmounts()
    /// Seconds in which nothing was known of a meter that had begun to count.
    public var missing = EnergyAmounts()
    /// kWh that the house used; nil where a meter that it takes is not known.
    public var used: Double?
    /// What no device accounts for; nil where there are no devices.
    public var unaccounted: Double?
    /// The part of what was used that did not come from the grid, 0 to 1; nil without sun and battery.
    public var selfSufficiency: Double?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("since", &since)
        try visit.required("until", &until)
        try visit.always("values", &values)
        try visit.always("cost", &cost)
        try visit.unless(EnergyAmounts(), "missing", &missing)
        try visit.nullable("used", &used)
        try visit.nullable("unaccounted", &unaccounted)
        try visit.nullable("self_sufficiency", &selfSufficiency)
    }
}

/// The answer to `energy`.
public struct EnergyReport: Shape, Hashable {
    /// Nil where the configuration names none.
    public var currency: String?
    public var step = EnergyStep.day
    public var zone: String?
    public var meters: [EnergyMeter] = []
    public var rows: [EnergyRow] = []

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.nullable("currency", &currency)
        try visit.always("by", &step)
        try visit.nullable("zone", &zone)
        try visit.list("meters", &meters)
        try visit.list("rows", &rows)
    }
}
