public import Komoku

/// What a hub knows of a key over some windows that follow each other: the answer to `statistics`.
@dynamicMemberLookup
public struct KeyStatistics: Hashable, Sendable {
    public var subject: StatisticsSubject
    /// As it was asked for; nil is one window.
    public var step: String?
    public var knowledge = StatisticsKnowledge()
    public var windows: [StatisticsWindow] = []

    package init(of subject: StatisticsSubject, step: String?) { (self.subject, self.step) = (subject, step) }

    public subscript<Member>(dynamicMember member: KeyPath<StatisticsSubject, Member>) -> Member {
        subject[keyPath: member]
    }

    public subscript<Member>(dynamicMember member: KeyPath<StatisticsKnowledge, Member>) -> Member {
        knowledge[keyPath: member]
    }

    /// - Throws: where the answer is not shaped as the protocol says.
    package init(_ json: JSON) throws(Refusal) {
        guard let windows = json["windows"]?.array else { throw .invalidQuery("'windows' is missing") }
        self.init(of: try StatisticsSubject(json), step: json["step"]?.string)
        knowledge = try StatisticsKnowledge(json)
        self.windows = windows.compactMap(StatisticsWindow.init)
    }

    public var json: JSON { (try? JSON(parsing: bytes)) ?? .null }

    /// The text of it.
    package var bytes: [UInt8] {
        var bytes = opening
        write(windows, isFirst: true, into: &bytes)
        return bytes + ending
    }

    // MARK: In pieces

    /// The text up to the first window; what is known of all of them comes behind the last.
    package var opening: [UInt8] {
        let step = JSON.Member("step", step.map { .string($0) } ?? .null)
        return JSON.object((subject.json.object ?? []) + [step]).bytes.dropLast() + Array(#","windows":["#.utf8)
    }

    package func write(_ windows: [StatisticsWindow], isFirst: Bool, into bytes: inout [UInt8]) {
        for (index, window) in windows.enumerated() {
            if !isFirst || index > 0 { bytes.append(UInt8(ascii: ",")) }
            let bounds = (DecimalNumber.text(window.start.seconds), DecimalNumber.text(window.end.seconds))
            bytes.append(contentsOf: #"{"start":\#(bounds.0),"end":\#(bounds.1)"#.utf8)
            window.figures.write(into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }

    package var ending: [UInt8] { Array("],".utf8) + knowledge.json.bytes.dropFirst() }
}

/// Whose statistics an answer has, and of when.
public struct StatisticsSubject: Shape, Hashable {
    public var key = ""
    /// Nil where the hub names a type that this program does not know.
    public var type: KeyType?
    public var unit: String?
    public var since: Timestamp?
    public var until: Timestamp?
    /// The time zone of the calendar steps.
    public var zone: String?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.always("key", &key)
        var word = type?.rawValue
        try visit.nullable("type", &word)
        type = word.flatMap(KeyType.init(rawValue:))
        try visit.nullable("unit", &unit)
        try visit.nullable("since", &since)
        try visit.nullable("until", &until)
        try visit.nullable("zone", &zone)
    }
}

/// How well an answer could be known.
public struct StatisticsKnowledge: Shape, Hashable {
    /// Seconds of all windows in which nobody watched.
    public var unwatched = 0.0
    /// Since when there are raw points; what needs these (percentiles, spans) reaches no further back. Nil is always.
    public var rawSince: Timestamp?
    /// Since when there are buckets; nil is always.
    public var tiersSince: Timestamp?
    /// The length of buckets that are longer than a window's bounds allow for; nil where the bounds are exact.
    public var resolution: Komoku.Duration?
    /// By how much of itself a percentile may be off, where there were too many points to sort them; nil is exact.
    public var percentileError: Double?

    public init() {}

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(0, "unwatched", &unwatched)
        try visit.nullable("raw_since", &rawSince)
        try visit.nullable("tiers_since", &tiersSince)
        try visit.nullable("resolution", &resolution)
        try visit.optional("percentile_error", &percentileError)
    }
}

/// The figures of one window.
public struct StatisticsWindow: Hashable, Sendable {
    public let start: Timestamp
    public let end: Timestamp
    public let figures: StatisticsFigures

    package init(_ start: Timestamp, _ end: Timestamp, _ figures: StatisticsFigures) {
        (self.start, self.end, self.figures) = (start, end, figures)
    }

    init?(_ json: JSON) {
        guard let start = json["start"]?.number.flatMap(Timestamp.init(seconds:)),
            let end = json["end"]?.number.flatMap(Timestamp.init(seconds:))
        else { return nil }
        self.init(start, end, StatisticsFigures(json))
    }
}

/// What a key does at each hour of the day, or on each day of the week: the answer to `profile`.
@dynamicMemberLookup
public struct KeyProfile: Hashable, Sendable {
    public enum Period: String, Hashable, Sendable, CaseIterable, WireValue {
        /// 0 to 23.
        case hour
        /// Monday is 1, Sunday 7.
        case weekday
    }

    public struct Bucket: Hashable, Sendable {
        public let number: Int
        public let figures: StatisticsFigures

        package init(_ number: Int, _ figures: StatisticsFigures) { (self.number, self.figures) = (number, figures) }
    }

    public var subject: StatisticsSubject
    public var period: Period
    public var knowledge = StatisticsKnowledge()
    public var buckets: [Bucket] = []

    package init(of subject: StatisticsSubject, by period: Period) { (self.subject, self.period) = (subject, period) }

    public subscript<Member>(dynamicMember member: KeyPath<StatisticsSubject, Member>) -> Member {
        subject[keyPath: member]
    }

    public subscript<Member>(dynamicMember member: KeyPath<StatisticsKnowledge, Member>) -> Member {
        knowledge[keyPath: member]
    }

    /// - Throws: where the answer is not shaped as the protocol says.
    package init(_ json: JSON) throws(Refusal) {
        guard let period = json["by"]?.string.flatMap(Period.init(rawValue:)), let buckets = json["buckets"]?.array
        else { throw .invalidQuery("'by' or 'buckets' is missing") }
        self.init(of: try StatisticsSubject(json), by: period)
        knowledge = try StatisticsKnowledge(json)
        self.buckets = buckets.compactMap { bucket in
            guard let number = bucket[period.rawValue]?.number.flatMap({ Int(exactly: $0) }) else { return nil }
            return Bucket(number, StatisticsFigures(bucket))
        }
    }

    public var json: JSON { (try? JSON(parsing: bytes)) ?? .null }

    /// The text of it.
    package var bytes: [UInt8] {
        let by = JSON.Member("by", .string(period.rawValue))
        var bytes = Array(
            JSON.object((subject.json.object ?? []) + [by] + (knowledge.json.object ?? [])).bytes.dropLast())
        bytes.append(contentsOf: #","buckets":"#.utf8)
        JSON.writeList(buckets, into: &bytes) { bucket, bytes in
            bytes.append(contentsOf: #"{"\#(period.rawValue)":\#(bucket.number)"#.utf8)
            bucket.figures.write(into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
