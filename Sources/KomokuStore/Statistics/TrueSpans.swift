import Komoku

/// The longest and the shortest time in which a state was true without a break.
///
/// A time in which nobody watched is no break where the first news after it says the same; where it does not, the state ended
/// when nobody watched any more.
struct TrueSpans {
    /// In microseconds; nil where it was never true.
    private(set) var longest: Int64?
    private(set) var shortest: Int64?
    /// Not where a summary was added that hides where its spans begin.
    private(set) var areKnown = true
    /// Since when it has been true, and when that was said last.
    private var start: Int64?
    private var confirmed: Int64 = 0

    /// What held when a window begins, and when that was said.
    mutating func begin(isTrue: Bool, at time: Int64, said confirmed: Int64) {
        start = isTrue ? time : nil
        self.confirmed = confirmed
    }

    mutating func add(_ columns: PointColumns, _ range: Range<Int>, now: Int64, _ outages: Outages) {
        for index in range {
            let isTrue = columns.kind(at: index) == .boolean && columns.payloads[index] != 0
            set(isTrue, at: min(now, columns.times[index]), outages)
        }
    }

    mutating func add(_ summary: Summary, now: Int64, _ outages: Outages) {
        set(summary.first == .boolean(true), at: min(now, summary.firstTime), outages)
        if summary.count == 1 { return }
        let isTrue = summary.trueTime == summary.firstTime.distance(upTo: summary.lastTime)
        if summary.trueTime > 0, !isTrue { areKnown = false }
        set(summary.last == .boolean(true), at: min(now, summary.lastTime), outages)
    }

    /// The window ends: that is no news.
    mutating func close(at time: Int64) { end(at: time) }

    mutating func add(_ other: TrueSpans) {
        for length in [other.longest, other.shortest] { if let length { count(length) } }
        areKnown = areKnown && other.areKnown
    }

    private mutating func set(_ isTrue: Bool, at time: Int64, _ outages: Outages) {
        if isTrue {
            if start == nil { start = time }
            confirmed = time
        } else {
            end(at: outages.start(between: confirmed, and: time) ?? time)
        }
    }

    private mutating func end(at time: Int64) {
        guard let start else { return }
        let length = start.distance(upTo: time)
        if length > 0 { count(length) }
        self.start = nil
    }

    private mutating func count(_ length: Int64) {
        longest = max(longest ?? length, length)
        shortest = min(shortest ?? length, length)
    }
}
