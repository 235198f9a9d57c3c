/// What the readings of a counter say.
public enum CounterKind: String, Hashable, Sendable, CaseIterable {
    /// What it counted since it began: a meter.
    case total = "counter"
    /// The same, but it may count down too: each drop is a loss.
    case derive
    /// What it counted since the reading before: it begins again at 0 with each.
    case absolute
}

/// How fast a counter can rise: `20/h`, `0.5/s`; a number alone is per hour.
public struct CounterRate: Hashable, Sendable {
    public let perSecond: Double

    private static let units: [(name: String, seconds: Double)] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)]

    /// Nil where it is none, or not above 0.
    public init?(_ json: JSON) {
        switch json {
        case .number(let number): self.init(number, seconds: 3600)
        case .string(let text): self.init(parsing: text)
        default: return nil
        }
    }

    public init?(parsing text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let number = parts.first.flatMap({ Double($0) }) else { return nil }
        if parts.count == 1 {
            self.init(number, seconds: 3600)
            return
        }
        guard parts.count == 2, let unit = Self.units.first(where: { $0.name == parts[1] }) else { return nil }
        self.init(number, seconds: unit.seconds)
    }

    private init?(_ number: Double, seconds: Double) {
        guard number > 0, number.isFinite else { return nil }
        perSecond = number / seconds
    }
}
