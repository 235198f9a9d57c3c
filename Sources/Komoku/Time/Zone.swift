/// A time zone: how far its clocks were from UTC, when.
///
/// Made of the bytes of a TZif file (RFC 8536) or of a rule in the format of POSIX.
public struct Zone: Hashable, Sendable {
    /// `Europe/Warsaw`.
    public let name: String
    /// Ascending seconds since 1970 at which the clocks changed, and what they changed to.
    let changes: [Int64]
    let periods: [UInt8]
    let kinds: [Kind]
    /// What holds before the first change.
    let initial: Int
    /// What holds after the last change.
    let rule: ZoneRule?
    /// The same as text, `CET-1CEST,M3.5.0,M10.5.0/3`; nil where there is none.
    public let ruleText: String?

    struct Kind: Hashable, Sendable {
        /// Seconds east of UTC.
        var offset: Int
        var isSummer: Bool
        var abbreviation: String
    }

    /// Bytes or text that are no zone.
    public struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    public static let utc = Zone(
        name: "UTC", changes: [], periods: [], kinds: [Kind(offset: 0, isSummer: false, abbreviation: "UTC")],
        initial: 0, rule: nil, ruleText: "UTC0")

    init(
        name: String, changes: [Int64], periods: [UInt8], kinds: [Kind], initial: Int, rule: ZoneRule?,
        ruleText: String?
    ) {
        (self.name, self.changes, self.periods) = (name, changes, periods)
        (self.kinds, self.initial, self.rule, self.ruleText) = (kinds, initial, rule, ruleText)
    }

    /// Reads a rule such as `CET-1CEST,M3.5.0,M10.5.0/3`.
    public init(name: String, rule text: String) throws(Invalid) {
        let rule = try ZoneRule(parsing: text)
        self.init(name: name, changes: [], periods: [], kinds: [rule.standard], initial: 0, rule: rule, ruleText: text)
    }

    /// Seconds east of UTC.
    public func offset(at time: Timestamp) -> Int { kind(at: time.wholeSeconds).offset }

    /// `CEST`, `+0545`.
    public func abbreviation(at time: Timestamp) -> String { kind(at: time.wholeSeconds).abbreviation }

    public func isSummer(at time: Timestamp) -> Bool { kind(at: time.wholeSeconds).isSummer }

    public func local(_ time: Timestamp) -> LocalDateTime {
        let seconds = time.wholeSeconds
        return LocalDateTime(secondsSince1970: Int(seconds) + kind(at: seconds).offset)
    }

    func kind(at seconds: Int64) -> Kind {
        if let rule, seconds >= changes.last ?? .min { return rule.kind(at: seconds) }
        let index = changes.firstIndex(after: seconds)
        return index == 0 ? kinds[initial] : kinds[Int(periods[index - 1])]
    }

    /// The first moment after a time from which on clocks are at another offset; nil where there is none.
    public func nextChange(after time: Timestamp) -> Timestamp? {
        nextChange(after: time.wholeSeconds).map(Timestamp.init(wholeSeconds:))
    }

    func nextChange(after seconds: Int64) -> Int64? {
        var index = changes.firstIndex(after: seconds)
        while index < changes.count {
            let before = index == 0 ? kinds[initial] : kinds[Int(periods[index - 1])]
            if kinds[Int(periods[index])].offset != before.offset { return changes[index] }
            index += 1
        }
        return rule?.nextChange(after: max(seconds, changes.last ?? .min))
    }

    /// When the offset that holds at a time came into force, looking back no further than `bound`.
    func lastChange(upTo seconds: Int64, from bound: Int64) -> Int64? {
        var last: Int64?
        var time = bound
        while let next = nextChange(after: time), next <= seconds {
            last = next
            time = next
        }
        return last
    }
}

extension Timestamp {
    /// Seconds since 1970, rounded towards the past.
    var wholeSeconds: Int64 { Int64(Int(microseconds).floored(by: 1_000_000)) }

    /// The farthest time there is where the seconds are beyond it.
    init(wholeSeconds: Int64) {
        let (product, overflow) = wholeSeconds.multipliedReportingOverflow(by: 1_000_000)
        self = overflow ? (wholeSeconds < 0 ? .distantPast : .distantFuture) : Timestamp(microseconds: product)
    }
}

extension [Int64] {
    /// The index of the first number above another one.
    func firstIndex(after number: Int64) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
