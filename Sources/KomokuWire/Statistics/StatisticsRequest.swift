public import Komoku

/// From when to when a command asks; the end is left out.
public struct HistoryRange: Hashable, Sendable {
    /// Nil is a day before the end.
    public var since: Timestamp?
    /// Nil is now.
    public var until: Timestamp?

    public init(since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.since, self.until) = (since, until)
    }

    mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.moment("since", &since)
        try visit.moment("until", &until)
    }

    private static let day = Komoku.Duration.seconds(86_400)

    /// - Throws: where there is nothing between the bounds.
    package func bounds(now: Timestamp) throws(Refusal) -> Range<Timestamp> {
        let end = until ?? now
        let start = since ?? end - Self.day
        guard start < end else {
            throw .invalidQuery(
                "the range is empty: it begins at \(DecimalNumber.text(start.seconds)) and ends at "
                    + DecimalNumber.text(end.seconds))
        }
        return start..<end
    }
}

/// `statistics`: a question about one key.
public struct StatisticsRequest: Shape, Hashable {
    public var key = KeyName.blank
    public var range = HistoryRange()
    /// The length of a window: a duration (`5m`, `1h`), laid from 1970 UTC on, or a part of the calendar (`hour`, `day`, `week`,
    /// `month`, `year`) in `zone`. Nil is one window.
    public var step: String?
    /// The name of a time zone, such as `Europe/Warsaw`; nil is the hub's.
    public var zone: String?
    /// Nil is all that the key's type has.
    public var fields: [StatisticsField]?
    /// Percentiles of a number, 0 to 100.
    public var percentiles: [Double] = []

    /// The most windows of an answer.
    package static let mostWindows = 10_000

    public init() {}

    public init(_ key: KeyName, since: Timestamp? = nil, until: Timestamp? = nil, step: String? = nil) {
        (self.key, range, self.step) = (key, HistoryRange(since: since, until: until), step)
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try range.members(&visit)
        try visit.optional("step", &step)
        try visit.optional("zone", &zone)
        try visit.figures(&fields, &percentiles)
    }
}

/// `profile`: figures of all equal hours of the day, or days of the week, together.
public struct ProfileRequest: Shape, Hashable {
    public var key = KeyName.blank
    public var range = HistoryRange()
    public var period = KeyProfile.Period.hour
    public var zone: String?
    public var fields: [StatisticsField]?
    public var percentiles: [Double] = []

    public init() {}

    public init(_ key: KeyName, by period: KeyProfile.Period, since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.key, self.period, range) = (key, period, HistoryRange(since: since, until: until))
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try range.members(&visit)
        try visit.always("by", &period)
        try visit.optional("zone", &zone)
        try visit.figures(&fields, &percentiles)
    }
}

/// `spans`: when a key had a value.
public struct SpansRequest: Shape, Hashable {
    public var key = KeyName.blank
    public var value = JSON.bool(true)
    public var range = HistoryRange()
    public var limit: Int?

    /// The most spans of an answer.
    public static let maximum = 100_000

    public init() {}

    public init(_ key: KeyName, of value: JSON = true, since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.key, self.value, range) = (key, value, HistoryRange(since: since, until: until))
    }

    public mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try visit.unless(true, "value", &value)
        try range.members(&visit)
        try visit.count("limit", &limit, in: 1...Self.maximum)
    }
}

extension MemberVisitor {
    /// Which figures are wanted.
    fileprivate mutating func figures(
        _ fields: inout [StatisticsField]?, _ percentiles: inout [Double]
    ) throws(Fault) {
        try optional("fields", &fields)
        var asked: JSON? = percentiles.isEmpty ? nil : .array(percentiles.map { .number($0) })
        try optional("percentiles", &asked)
        guard isReading else { return }
        if fields?.isEmpty == true { try refuse(.invalidQuery("'fields' is a list of names")) }
        guard let asked else {
            if fields?.contains(.percentiles) == true { percentiles = Percentiles.usual }
            return
        }
        guard let numbers = Percentiles.read(asked) else {
            return try refuse(
                .invalidQuery("'percentiles' is a list of at most \(Percentiles.maximum) numbers from 0 to 100"))
        }
        percentiles = numbers.isEmpty && fields?.contains(.percentiles) == true ? Percentiles.usual : numbers
    }
}

private enum Percentiles {
    static let usual = [50.0, 95, 99]
    static let maximum = 100

    static func read(_ json: JSON) -> [Double]? {
        guard let items = json.array, items.count <= maximum else { return nil }
        let numbers = items.compactMap(\.number)
        return numbers.count == items.count && numbers.allSatisfy { 0...100 ~= $0 } ? numbers : nil
    }
}
