public import Komoku

/// A time in which a key had one value.
public struct KeySpan: Hashable, Sendable {
    public let start: Timestamp
    /// Nil where it still has that value.
    public let length: Komoku.Duration?
    /// The part of it in which nobody watched.
    public let unwatched: Komoku.Duration

    public init?(_ json: JSON, unwatched: JSON? = nil) {
        self.unwatched = unwatched?.number.flatMap(Komoku.Duration.init(seconds:)) ?? .zero
        guard let items = json.array, items.count == 2, let start = items[0].time else { return nil }
        self.start = start
        length = items[1].number.flatMap(Komoku.Duration.init(seconds:))
    }
}

/// What a key does at each hour of the day, or on each day of the week.
public struct KeyProfile: Hashable, Sendable {
    public enum Period: String, Hashable, Sendable, CaseIterable {
        /// 0 to 23.
        case hour
        /// Monday is 1, Sunday 7.
        case weekday
    }

    public struct Bucket: Hashable, Sendable {
        public let number: Int
        public let figures: StatisticsFigures
    }

    public let period: Period
    public let zone: String?
    public let buckets: [Bucket]

    /// - Returns: nil where the answer is not shaped as the protocol says.
    public init?(_ json: JSON) {
        guard let period = json["by"]?.string.flatMap(Period.init(rawValue:)), let buckets = json["buckets"]?.array
        else { return nil }
        self.period = period
        zone = json["zone"]?.string
        self.buckets = buckets.compactMap { bucket in
            guard let number = bucket[period.rawValue]?.number.flatMap({ Int(exactly: $0) }) else { return nil }
            return Bucket(number: number, figures: StatisticsFigures(bucket))
        }
    }
}
