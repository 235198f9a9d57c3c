import Komoku

/// How coarse stored history is. The raw values are stored: never renumber them.
enum Tier: Int, CaseIterable, Sendable {
    case raw = 0
    case fiveMinutes = 1
    case hour = 2
    /// Where a damaged block is put when its range has to be written again: nothing reads it there.
    case damaged = 255

    /// The tiers that hold summaries, the finer one first.
    static let summaries = [Tier.fiveMinutes, .hour]

    /// Buckets begin within this of 1970, in microseconds: 140,000 years. What lies beyond is in no tier.
    static let limit: Int64 = 1 << 62 - 1 << 42

    static func covers(_ time: Int64) -> Bool { (-limit...limit).contains(time) }

    /// Microseconds of a bucket; 1 for points.
    var span: Int64 {
        switch self {
        case .raw, .damaged: 1
        case .fiveMinutes: 300_000_000
        case .hour: 3_600_000_000
        }
    }

    var name: String {
        switch self {
        case .raw: "raw"
        case .fiveMinutes: "5m"
        case .hour: "1h"
        case .damaged: "damaged"
        }
    }

    /// The start of the bucket that a time falls into.
    func start(of time: Int64) -> Int64 {
        let remainder = time % span
        let start = time.subtractingReportingOverflow(remainder < 0 ? remainder + span : remainder)
        return start.overflow ? .min : start.partialValue
    }

    /// The first start of a bucket at or after a time.
    func ceiling(of time: Int64) -> Int64 {
        let start = start(of: time)
        if start == time { return start }
        let next = start.addingReportingOverflow(span)
        return next.overflow ? .max : next.partialValue
    }
}
