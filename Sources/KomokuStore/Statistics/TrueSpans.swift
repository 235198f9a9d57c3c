import Komoku

/// The longest and the shortest time in which a state was true without a break.
struct TrueSpans {
    /// In microseconds; nil where it was never true.
    private(set) var longest: Int64?
    private(set) var shortest: Int64?
    /// Not where a summary was added that hides where its spans begin.
    private(set) var areKnown = true
    /// Since when it has been true.
    var start: Int64?

    mutating func add(_ columns: PointColumns, _ range: Range<Int>, now: Int64) {
        for index in range {
            set(columns.kind(at: index) == .boolean && columns.payloads[index] != 0, at: min(now, columns.times[index]))
        }
    }

    mutating func add(_ summary: Summary, now: Int64) {
        set(summary.first == .boolean(true), at: min(now, summary.firstTime))
        if summary.count == 1 { return }
        let isTrue = summary.trueTime == summary.firstTime.distance(upTo: summary.lastTime)
        if summary.trueTime > 0, !isTrue { areKnown = false }
        set(summary.last == .boolean(true), at: min(now, summary.lastTime))
    }

    mutating func close(at time: Int64) { set(false, at: time) }

    mutating func add(_ other: TrueSpans) {
        for length in [other.longest, other.shortest] { if let length { count(length) } }
        areKnown = areKnown && other.areKnown
    }

    private mutating func set(_ isTrue: Bool, at time: Int64) {
        if isTrue {
            if start == nil { start = time }
        } else if let start {
            let length = start.distance(upTo: time)
            if length > 0 { count(length) }
            self.start = nil
        }
    }

    private mutating func count(_ length: Int64) {
        longest = max(longest ?? length, length)
        shortest = min(shortest ?? length, length)
    }
}
