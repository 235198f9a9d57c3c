import Komoku

/// Cuts the history of one key into windows and says what is known of each.
///
/// Fed in time order with points and with summaries of them. A value holds until the next point, but no longer than until now; where
/// it holds on beyond the end of a window, each window gets its part. A step over a bound (an edge, a gain of a counter) belongs to
/// the window of the later point.
struct WindowAccumulator {
    private let type: KeyType
    private let bounds: [Int64]
    private let now: Int64
    private let percentiles: [Double]
    private let wantsSpans: Bool
    private let profile: Profile?
    private let outages: Outages
    /// When the value that holds was said last.
    private var said: Int64
    /// From when on anything was known; nil is not yet.
    private var beginning: Int64?
    /// The buckets of the profile.
    private var totals: [WindowTotals]
    /// By how much of itself a percentile may be off.
    private(set) var percentileError: Double?
    /// The windows that are closed, where there is no profile.
    private var closed: [WindowStatistics] = []

    /// The window that is open, and what gathered in it.
    private var index = 0
    private var window: WindowTotals
    /// The value that holds, and from when on that is not counted yet.
    private var state: Value?
    private var stateTime: Int64
    /// Only of counters.
    private var counter: CounterGrowth?
    private let rules: CounterRules
    private let counting: CounterKind

    /// - Parameters:
    ///   - carried: the value that held when the first window began.
    ///   - behind: of a counter, what it read before the first window, as far back as it matters.
    ///   - profile: the windows are its, and are added up to its buckets; the bounds of the query do not count.
    ///   - outages: when nobody watched.
    ///   - time: when the carried value was said.
    init(
        _ query: StatisticsQuery, carried: Value?, behind: CounterSummary? = nil, profile: Profile? = nil,
        outages: Outages = Outages(), at time: Int64? = nil
    ) {
        self.outages = outages
        said = time ?? (profile?.bounds ?? query.bounds).first?.microseconds ?? 0
        type = query.type
        bounds = (profile?.bounds ?? query.bounds).map(\.microseconds)
        now = query.now.microseconds
        percentiles = query.percentiles
        wantsSpans = query.wantsSpans && query.type.isBoolean
        self.profile = profile
        let count = profile?.by.count ?? max(0, bounds.count - 1)
        totals = profile == nil ? [] : Array(repeating: WindowTotals(shares: 2 * count), count: count)
        window = WindowTotals(shares: profile == nil ? 1 : 2)
        if profile == nil { closed.reserveCapacity(count) }
        stateTime = bounds.first ?? 0
        rules = query.rules
        counting = query.counting
        counter = query.type == .counter ? CounterGrowth(count: count, query.rules, query.counting) : nil
        carry(carried)
        let only = carried?.number.map { CounterSummary([CounterReading($0, at: nil)], query.rules) }
        if let part = behind ?? only { counter?.add(part, to: nil) }
        window.open(at: stateTime, number: carried?.number, isTrue: carried == .boolean(true), said: said)
    }

    private var windows: Int { max(0, bounds.count - 1) }

    private mutating func carry(_ value: Value?) {
        state = value
        if value != nil { beginning = stateTime }
    }

    /// Whether what comes behind the last window may change what is in the windows.
    var isOpen: Bool { counter?.isOpen ?? false }

    /// Adds points. Those before the first window are what it begins with.
    mutating func add(_ columns: PointColumns, _ range: Range<Int>) {
        guard let first = bounds.first else { return }
        var lower = columns.index(from: first, in: range)
        if lower > range.lowerBound, index == 0, window.summary.count == 0 {
            carry(columns.value(at: lower - 1))
            said = columns.times[lower - 1]
            if counter != nil { counter?.add(CounterSummary(columns, range.lowerBound..<lower, rules), to: nil) }
            window.open(at: stateTime, number: state?.number, isTrue: state == .boolean(true), said: said)
        }
        while lower < range.upperBound {
            advance(to: columns.times[lower])
            guard index < windows else { return look(ahead: columns, lower..<range.upperBound) }
            let inside = lower..<columns.index(from: bounds[index + 1], in: lower..<range.upperBound)
            let upper = lower + outages.prefix(of: columns, in: inside)
            addOpen(columns, lower..<upper)
            lower = upper
        }
    }

    mutating func add(_ piece: HistoryPiece) {
        switch piece {
        case .points(let columns, let range): add(columns, range)
        case .summary(let summary): add(summary)
        case .buckets(let columns, let range): add(columns, range)
        case .replacement: counter?.beginAnew()
        }
    }

    private mutating func look(ahead columns: PointColumns, _ range: Range<Int>) {
        if counter != nil { counter?.add(CounterSummary(columns, range, rules), to: nil) }
    }

    private mutating func look(ahead summary: Summary) {
        if let part = summary.counter { counter?.add(part, to: nil) }
    }

    /// Adds a summary of points that lie in one window. Where they do not, they go to that of the first one.
    mutating func add(_ summary: Summary) {
        if summary.count == 0 { return }
        advance(to: summary.firstTime)
        guard index < windows else { return look(ahead: summary) }
        let bucket = bucket(index)
        if let part = summary.counter { counter?.add(part, to: bucket) }
        if summary.numbers > 0 { window.percentilesAreKnown = false }
        if wantsSpans { window.spans.add(summary, now: now, outages) }
        take(summary)
    }

    /// Adds buckets, those of one window together where nothing between them has to be told from the rest.
    mutating func add(_ columns: TierBlock.Columns, _ range: Range<Int>) {
        var lower = range.lowerBound
        while lower < range.upperBound {
            let time = columns.counts.firstTimes[lower]
            advance(to: time)
            var upper = lower + 1
            if counter == nil, !wantsSpans, index < windows, time <= now {
                let bound = min(bounds[index + 1], now.clampedSum(1))
                if upper < range.upperBound, columns.counts.firstTimes[upper] < bound {
                    upper = columns.index(from: bound, in: lower..<range.upperBound)
                }
                if !outages.isEmpty, outages.overlap(time, columns.counts.firstTimes[upper - 1]) > 0 {
                    upper = lower + 1
                }
            }
            add(columns.summary(of: lower..<upper))
            lower = upper
        }
    }

    /// What is known of each window, or of each bucket of a profile.
    mutating func finish() -> [WindowStatistics] {
        if let end = bounds.last { skip(to: end) }
        while index < windows { close() }
        var windows = profile == nil ? closed : finishedBuckets()
        closed = []
        guard var counter else { return windows }
        counter.finish()
        for index in windows.indices where windows[index].increase != nil {
            windows[index].set(counter.tallies[index], counting)
        }
        return windows
    }

    private func finishedBuckets() -> [WindowStatistics] {
        let range = WindowStatistics(
            start: Timestamp(microseconds: bounds.first ?? 0), end: Timestamp(microseconds: bounds.last ?? 0))
        return totals.map { total in
            var bucket = range
            total.fill(&bucket, type, percentiles)
            return bucket
        }
    }

    private var emptyWindow: WindowTotals { WindowTotals(shares: profile == nil ? 1 : 2) }

    private mutating func note(_ error: Double?) {
        if let error { percentileError = max(error, percentileError ?? 0) }
    }

    private func bucket(_ window: Int) -> Int { profile.map { Int($0.buckets[window]) } ?? window }

    /// Of a profile windows without points add nothing where no value holds, or what holds has not come yet.
    private mutating func skip(to time: Int64) {
        guard profile != nil, index < windows, time >= bounds[index + 1], window.summary.count == 0,
            state == nil || bounds[index] >= now
        else { return }
        var (low, high) = (index + 1, windows)
        while low < high {
            let middle = (low + high) / 2
            if bounds[middle + 1] <= time { low = middle + 1 } else { high = middle }
        }
        index = low
        window = emptyWindow
        stateTime = max(stateTime, bounds[index])
        window.open(at: bounds[index], number: state?.number, isTrue: state == .boolean(true), said: said)
    }

    private mutating func advance(to time: Int64) {
        skip(to: time)
        while index < windows, time >= bounds[index + 1] { close() }
    }

    /// Points of the open window.
    private mutating func addOpen(_ columns: PointColumns, _ range: Range<Int>) {
        if columns.times[range.upperBound - 1] <= now { return addPart(columns, range, isPast: true) }
        let past = columns.index(from: now, in: range)
        if past > range.lowerBound { addPart(columns, range.lowerBound..<past, isPast: true) }
        addPart(columns, past..<range.upperBound, isPast: false)
    }

    private mutating func addPart(_ columns: PointColumns, _ range: Range<Int>, isPast: Bool) {
        var summary = Summary()
        summary.add(columns, range, counter: type == .counter ? rules : nil)
        if !isPast { summary.forgetTimes() }
        if let part = summary.counter {
            let bucket = bucket(index)
            counter?.add(part, to: bucket)
            summary.counter = nil
        }
        if summary.numbers > 0 { addNumbers(columns, range) }
        if wantsSpans { window.spans.add(columns, range, now: now, outages) }
        take(summary)
    }

    private mutating func addNumbers(_ columns: PointColumns, _ range: Range<Int>) {
        if percentiles.isEmpty { return }
        for index in range where columns.kind(at: index) == .number {
            window.numbers.append(Double(bitPattern: columns.payloads[index]))
        }
    }

    private mutating func take(_ summary: Summary) {
        hold(until: min(now, summary.firstTime))
        beginning = beginning ?? summary.firstTime
        if window.summary.count == 0, let state, let first = summary.first, state != first { window.summary.edges += 1 }
        // From the outermost values only: between gaps a summary shows no others.
        if window.summary.count == 0, window.startNumber == nil { window.startNumber = summary.first?.number }
        window.summary.join(summary)
        state = summary.last
        stateTime = summary.lastTime
        said = summary.lastTime
    }

    private mutating func hold(until time: Int64) {
        window.summary.hold(state, for: stateTime.distance(upTo: time) - outages.overlap(stateTime, time))
    }

    private mutating func close() {
        let end = bounds[index + 1]
        hold(until: min(now, end))
        if let beginning { window.unwatched = outages.overlap(max(bounds[index], beginning), min(now, end)) }
        if window.summary.numbers > 0 || window.startNumber != nil && bounds[index] < now {
            if let start = window.startNumber, let last = state?.number { window.delta = last - start }
            window.isCounted = true
        }
        if wantsSpans { window.spans.close(at: min(now, end)) }
        if let profile {
            let bucket = Int(profile.buckets[index])
            totals[bucket].add(window)
            note(totals[bucket].numbers.error)
        } else {
            note(window.numbers.error)
            closed.append(
                WindowStatistics(start: Timestamp(microseconds: bounds[index]), end: Timestamp(microseconds: end)))
            window.fill(&closed[index], type, percentiles)
        }
        window = emptyWindow
        index += 1
        stateTime = max(stateTime, end)
        window.open(at: end, number: state?.number, isTrue: state == .boolean(true), said: said)
    }
}

extension Summary {
    /// Of points that lie beyond now.
    fileprivate mutating func forgetTimes() {
        known = 0
        trueTime = 0
        integral = 0
        states = nil
    }
}
