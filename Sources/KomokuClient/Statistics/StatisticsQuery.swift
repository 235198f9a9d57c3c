public import Komoku

/// A question for the statistics of one key.
public struct StatisticsQuery: Hashable, Sendable {
    public var key: String
    /// Nil is a day before `until`.
    public var since: Timestamp?
    /// Nil is now.
    public var until: Timestamp?
    /// The length of a window: a duration (`5m`, `1h`), laid from 1970 UTC on, or a part of the calendar (`hour`, `day`, `week`,
    /// `month`, `year`) in `zone`. Nil is one window.
    public var step: String?
    /// The name of a time zone, such as `Europe/Warsaw`; nil is the hub's.
    public var zone: String?
    /// Nil is all that the key's type has.
    public var fields: [StatisticsField]?
    /// Percentiles of a number, 0 to 100.
    public var percentiles: [Double] = []

    public init(key: String, since: Timestamp? = nil, until: Timestamp? = nil, step: String? = nil) {
        self.key = key
        self.since = since
        self.until = until
        self.step = step
    }

    /// The body of the command, as the protocol spells it.
    public var json: JSON {
        var members = [JSON.Member("key", .string(key))]
        func add(_ name: String, _ value: JSON?) {
            if let value { members.append(JSON.Member(name, value)) }
        }
        add("since", since.map { .number($0.seconds) })
        add("until", until.map { .number($0.seconds) })
        add("step", step.map { .string($0) })
        add("zone", zone.map { .string($0) })
        add("fields", fields.map { .array($0.map { .string($0.rawValue) }) })
        if !percentiles.isEmpty { add("percentiles", .array(percentiles.map { .number($0) })) }
        return .object(members)
    }
}

/// A figure of a window. Which of them a key has depends on its type.
public enum StatisticsField: String, Hashable, Sendable, CaseIterable {
    /// Points in the window.
    case count
    case minimum = "min"
    case maximum = "max"
    /// Mean of the points.
    case mean
    /// Mean weighted by the time that each value held, the one carried in from before included.
    case timeMean = "time_mean"
    case sum
    /// Standard deviation of the points, of the whole population.
    case deviation
    /// First and last value in the window.
    case first
    case last
    /// Value at the end less the value at the start.
    case delta
    /// Of a key of power: Wh, kWh or MWh, for W, kW or MW.
    case energy
    /// `delta`, of a counter `increase`, per second of known time.
    case rate
    /// What a counter gained, resets and glitches taken care of.
    case increase
    case resets
    case glitches
    /// The percentiles that were asked for.
    case percentiles
    /// How often the value changed.
    case edges
    /// Time true by known time, 0 to 1.
    case fraction
    /// Seconds.
    case trueTime = "true_time"
    /// Seconds in which a value was known.
    case knownTime = "known_time"
    /// Seconds of the longest and the shortest span in which the key was true.
    case longest
    case shortest
    /// Seconds of each text.
    case states
    /// What the texts come to that `states` does not list.
    case others
}
