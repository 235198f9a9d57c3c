import Komoku

/// Gathers the times at which a key had one value. Equal values in a row are one span; a gap ends it.
///
/// A time in which nobody watched belongs to the span where the first news after it says the same; where it says something
/// else, the span ended when nobody watched any more.
struct SpanCollector {
    private let value: Value
    private let since: Int64
    private let until: Int64
    private let now: Int64
    private let limit: Int
    private var spans: [Span] = []
    /// Since when the value has held.
    private var start: Int64?
    /// The last time in a part of which only sums are known, and whether the value held from then on.
    private var passed: (last: Int64, holds: Bool)?
    /// When that was said last.
    private var confirmed: Int64
    private let outages: Outages

    /// - Parameters:
    ///   - carried: the value that held at `since`, be it of a point at that very time.
    ///   - carriedTime: of the point that said so.
    ///   - limit: of more spans than that, the newest are kept.
    init(
        of value: Value, since: Timestamp, until: Timestamp, now: Timestamp, carried: Value?, limit: Int = .max,
        outages: Outages = Outages(), carriedTime: Int64? = nil
    ) {
        self.outages = outages
        confirmed = carriedTime ?? since.microseconds
        self.value = value
        self.since = since.microseconds
        self.until = until.microseconds
        self.now = now.microseconds
        self.limit = max(0, limit)
        start = carried == value ? since.microseconds : nil
    }

    /// Passes over points of which only sums are known, and so no spans: what the last of them said begins with it.
    mutating func pass(_ summary: Summary) {
        start = nil
        passed = (summary.lastTime, summary.last.map { isValue($0) } ?? false)
    }

    private func isValue(_ other: Value) -> Bool {
        if case .string(let text) = other, case .string(let mine) = value { return text.hasSameBytes(as: mine) }
        return other == value
    }

    private mutating func resume() {
        guard let passed else { return }
        if passed.holds, passed.last < until { start = max(since, passed.last) }
        confirmed = passed.last
        self.passed = nil
    }

    /// Adds points in time order. Of those up to `since` the last one says what held then.
    mutating func add(_ columns: PointColumns, _ range: Range<Int>) {
        if range.isEmpty { return }
        resume()
        var slot = TextSlot(value)
        for index in range {
            let time = columns.times[index]
            if time >= until { return }
            set(slot.isValue(columns, index), at: max(since, time))
        }
    }

    /// - Returns: the spans, ascending. The last one has no length where it reaches now: one that `until` cuts has one.
    mutating func finish() -> [Span] {
        resume()
        if let start, start < until {
            let length = until < now ? Duration(microseconds: start.distance(upTo: until)) : nil
            spans.append(span(from: start, length, through: min(until, now)))
        }
        start = nil
        return Array(spans.suffix(limit))
    }

    private func span(from start: Int64, _ length: Duration?, through end: Int64) -> Span {
        let unwatched = Duration(microseconds: outages.overlap(start, end))
        return Span(start: Timestamp(microseconds: start), length: length, unwatched: unwatched)
    }

    private mutating func set(_ holds: Bool, at time: Int64) {
        if holds {
            if start == nil { start = time }
            confirmed = time
        } else if let start {
            self.start = nil
            let time = outages.start(between: confirmed, and: time) ?? time
            if time <= start { return }
            spans.append(span(from: start, Duration(microseconds: time - start), through: time))
            // Never much more than asked for, and not moved at each span.
            if spans.count / 2 > limit { spans.removeFirst(spans.count - limit) }
        }
    }
}

/// Compares points with a value; a text that was compared once is known by its slot.
private struct TextSlot {
    private let value: Value
    private var equal: UInt64?
    private var different: UInt64?

    init(_ value: Value) {
        self.value = value
    }

    mutating func isValue(_ columns: PointColumns, _ index: Int) -> Bool {
        let payload = columns.payloads[index]
        switch (columns.kind(at: index), value) {
        case (.boolean, .boolean(let boolean)): return (payload != 0) == boolean
        case (.number, .number(let number)): return Double(bitPattern: payload) == number
        case (.string, .string(let wanted)):
            if payload == equal { return true }
            if payload == different { return false }
            let isEqual = columns.text(at: index)?.utf8.elementsEqual(wanted.utf8) ?? false
            if isEqual { equal = payload } else { different = payload }
            return isEqual
        default: return false
        }
    }
}
