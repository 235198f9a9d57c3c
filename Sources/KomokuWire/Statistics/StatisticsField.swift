public import Komoku

/// A figure of a window. Which of them a key has depends on its type.
public enum StatisticsField: String, Hashable, Sendable, CaseIterable {
    /// Points in the window.
    case count
    /// How often the value changed.
    case edges
    case minimum = "min"
    case maximum = "max"
    /// Mean of the points.
    case mean
    /// Mean weighted by the time that each value held, the one carried in from before included.
    case timeMean = "time_mean"
    case sum
    /// Of a key of power: Wh, kWh or MWh, for W, kW or MW.
    case energy
    /// Standard deviation of the points, of the whole population.
    case deviation
    /// First and last value in the window.
    case first
    case last
    /// Value at the end less the value at the start.
    case delta
    /// `delta`, of a counter `increase`, per second of known time.
    case rate
    /// What a counter gained, resets and glitches taken care of.
    case increase
    case resets
    case glitches
    /// The percentiles that were asked for.
    case percentiles
    /// Time true by known time, 0 to 1.
    case fraction
    /// Seconds.
    case trueTime = "true_time"
    /// Seconds of the longest and the shortest span in which the key was true.
    case longest
    case shortest
    /// Seconds of each text.
    case states
    /// What the texts come to that `states` does not list.
    case others
    /// Seconds in which a value was known; every key has it.
    case knownTime = "known_time"

    /// Those that a key has, in the order in which they are told.
    package static func all(of type: KeyType, unit: String?) -> [StatisticsField] {
        let all = all(of: type)
        return type == .numeric && EnergyUnit(power: unit) == nil ? all.filter { $0 != .energy } : all
    }

    private static func all(of type: KeyType) -> [StatisticsField] {
        let numeric: [StatisticsField] = [
            .count, .minimum, .maximum, .mean, .timeMean, .sum, .deviation, .first, .last, .delta, .rate,
        ]
        return switch type {
        case .numeric: numeric + [.energy, .percentiles, .knownTime]
        case .counter: numeric + [.increase, .resets, .glitches, .percentiles, .knownTime]
        case .boolean, .uptime:
            [.count, .edges, .fraction, .trueTime, .longest, .shortest, .last, .knownTime]
        case .string: [.count, .edges, .states, .others, .last, .knownTime]
        }
    }
}

extension StatisticsField: WireValue {
    public init(wire json: JSON, of name: StaticString) throws(Refusal) {
        guard let field = json.string.flatMap(StatisticsField.init(rawValue:)) else {
            let all = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidQuery("there is no field \(json.text.prefix(40)); there are \(all)")
        }
        self = field
    }

    public var wire: JSON { .string(rawValue) }
}
