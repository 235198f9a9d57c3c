public import Komoku

/// What a hub knows of a key over some windows that follow each other.
public struct KeyStatistics: Hashable, Sendable {
    public let key: String
    /// Nil where the hub names a type that this client does not know.
    public let type: KeyType?
    public let unit: String?
    public let since: Timestamp?
    public let until: Timestamp?
    public let step: String?
    /// The time zone of the calendar steps.
    public let zone: String?
    /// Since when there are raw points; what needs these (percentiles, spans) reaches no further back. Nil is always.
    public let rawSince: Timestamp?
    /// Since when there are buckets; nil is always.
    public let tiersSince: Timestamp?
    /// The length of buckets that are longer than a window's bounds allow for; nil where the bounds are exact.
    public let resolution: Komoku.Duration?
    /// By how much of itself a percentile may be off, where there were too many points to sort them; nil is exact.
    public let percentileError: Double?
    public let windows: [StatisticsWindow]

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let key = json["key"]?.string, let windows = json["windows"]?.array else { return nil }
        self.key = key
        type = json["type"]?.string.flatMap(KeyType.init(rawValue:))
        unit = json["unit"]?.string
        since = json["since"]?.time
        until = json["until"]?.time
        step = json["step"]?.string
        zone = json["zone"]?.string
        rawSince = json["raw_since"]?.time
        tiersSince = json["tiers_since"]?.time
        resolution = json["resolution"]?.number.flatMap(Komoku.Duration.init(seconds:))
        percentileError = json["percentile_error"]?.number
        self.windows = windows.compactMap(StatisticsWindow.init)
    }
}

/// The figures of one window; where something is unknown or does not apply, nil.
public struct StatisticsWindow: Hashable, Sendable {
    public let start: Timestamp
    public let end: Timestamp
    public let figures: StatisticsFigures

    init?(_ json: JSON) {
        guard let start = json["start"]?.time, let end = json["end"]?.time else { return nil }
        self.start = start
        self.end = end
        figures = StatisticsFigures(json)
    }
}

/// Figures of a key, by field.
public struct StatisticsFigures: Hashable, Sendable {
    /// As the hub told them.
    public let json: JSON

    public init(_ json: JSON) { self.json = json }

    /// A figure that is a number; seconds, where it is a length of time.
    /// Seconds in which nobody watched; they are not among those that are known.
    public var unwatched: Double { json["unwatched"]?.number ?? 0 }

    public subscript(field: StatisticsField) -> Double? { json[field.rawValue]?.number }

    /// A figure that may be any value, such as `last`.
    public func value(_ field: StatisticsField) -> JSON? { json[field.rawValue]?.nonNull }

    /// In the order of the question; nil where raw points are missing.
    public var percentiles: [Double?] {
        switch json["percentiles"] {
        case .array(let items): items.map(\.number)
        case .object(let members): members.map(\.value.number)
        default: []
        }
    }

    /// What the texts come to that `states` does not list: it has 32 at most, and none of more than 256 bytes.
    public struct Others: Hashable, Sendable {
        public let seconds: Double
        /// How many points had such a text.
        public let number: Double
    }

    public var others: Others? {
        guard let others = json["others"], let seconds = others["seconds"]?.number,
            let number = others["number"]?.number
        else { return nil }
        return Others(seconds: seconds, number: number)
    }

    /// Seconds of each text, longest first.
    public var states: [(text: String, seconds: Double)] {
        let states = (json["states"]?.object ?? []).compactMap { member in
            member.value.number.map { (text: member.name, seconds: $0) }
        }
        return states.sorted { $0.seconds > $1.seconds }
    }
}

extension JSON {
    var time: Timestamp? { number.flatMap(Timestamp.init(seconds:)) }
}
