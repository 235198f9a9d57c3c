import Komoku

/// What gathered in a window, or in several that are added up.
struct WindowTotals {
    /// With the holds that reach in from before and out to the end.
    var summary = Summary()
    /// Whether a counter had a number in it, be it one carried in.
    var isCounted = false
    /// The number that held when the window began, or that of its first point.
    var startNumber: Double?
    var delta: Double?
    var spans = TrueSpans()
    /// For percentiles.
    var numbers: GatheredNumbers
    var percentilesAreKnown = true
    /// Microseconds.
    var unwatched: Int64 = 0

    /// - Parameter shares: how many of them gather numbers at one time.
    init(shares: Int = 1) { numbers = GatheredNumbers(shares: shares) }

    mutating func open(at time: Int64, number: Double?, isTrue: Bool, said: Int64) {
        startNumber = number
        spans.begin(isTrue: isTrue, at: time, said: said)
    }

    /// Adds a later window that need not follow this one.
    mutating func add(_ later: WindowTotals) {
        let edges = summary.edges + later.summary.edges
        summary.join(later.summary)
        // Between windows that do not follow each other there is no step.
        summary.edges = edges
        isCounted = isCounted || later.isCounted
        if let more = later.delta { delta = (delta ?? 0) + more }
        spans.add(later.spans)
        unwatched = unwatched.clampedSum(later.unwatched)
        numbers.add(later.numbers)
        percentilesAreKnown = percentilesAreKnown && later.percentilesAreKnown
    }

    /// Fills in what is known; in place, because a window is too large to be copied around.
    func fill(_ window: inout WindowStatistics, _ type: KeyType, _ percentiles: [Double]) {
        window.count = summary.count
        window.known = Duration(microseconds: summary.known)
        window.unwatched = Duration(microseconds: unwatched)
        window.first = summary.first
        window.last = summary.last
        switch type {
        case .numeric, .counter: addNumbers(to: &window, percentiles)
        case .boolean, .uptime: addTimes(to: &window)
        case .string: addStates(to: &window)
        }
        // What it grew by is not decided yet.
        if type == .counter, isCounted { window.increase = 0 }
        if type == .numeric { window.setRate(delta) }
    }

    private func addNumbers(to window: inout WindowStatistics, _ percentiles: [Double]) {
        if summary.numbers > 0 {
            window.minimum = summary.minimum
            window.maximum = summary.maximum
            window.sum = summary.sum
            window.mean = summary.sum / Double(summary.numbers)
            window.deviation = summary.isPartial ? nil : summary.deviation
        }
        if summary.known > 0 { window.integral = summary.integral }
        if summary.known > 0 { window.timeMean = summary.integral / (Double(summary.known) * 1e-6) }
        window.delta = delta
        if percentiles.isEmpty { return }
        guard percentilesAreKnown else { return window.percentiles = percentiles.map { _ in nil } }
        window.percentiles = numbers.percentiles(percentiles, minimum: summary.minimum, maximum: summary.maximum)
    }

    private func addTimes(to window: inout WindowStatistics) {
        window.edges = summary.edges
        window.trueTime = Duration(microseconds: summary.trueTime)
        if summary.known > 0 { window.fraction = Double(summary.trueTime) / Double(summary.known) }
        if spans.areKnown {
            window.longest = spans.longest.map(Duration.init(microseconds:))
            window.shortest = spans.shortest.map(Duration.init(microseconds:))
        }
    }

    private func addStates(to window: inout WindowStatistics) {
        window.edges = summary.edges
        // The sort is stable: of equal times the text that came first is first.
        window.states = (summary.states?.times ?? []).sorted { $0.time > $1.time }.map {
            WindowStatistics.StateTime(text: $0.text, time: Duration(microseconds: $0.time))
        }
        window.others = summary.states?.rest
    }
}

extension WindowStatistics {
    mutating func set(_ tally: CounterTally, _ counting: CounterKind) {
        // Each reading is a gain: how many of them there are does not matter.
        increase = counting == .absolute ? sum ?? 0 : tally.increase
        (resets, glitches) = (tally.resets, tally.glitches)
        setRate(increase)
    }

    fileprivate mutating func setRate(_ growth: Double?) {
        if let growth, known > .zero { rate = growth / known.seconds }
    }
}

enum Percentile {
    /// Interpolates between the two nearest ranks: of n numbers the lowest is at 0 %, the highest at 100 %, each other one
    /// 1 / (n - 1) further.
    ///
    /// - Returns: nil where there is no number, or the percentage is not 0 to 100.
    static func of(_ sorted: [Double], _ percentage: Double) -> Double? {
        of(sorted.count, percentage) { sorted[$0] }
    }

    /// - Parameter number: the number at a rank, from 0 on.
    static func of(_ count: Int, _ percentage: Double, _ number: (Int) -> Double) -> Double? {
        guard count > 0, (0...100).contains(percentage) else { return nil }
        let rank = percentage / 100 * Double(count - 1)
        let below = Int(rank)
        let above = min(below + 1, count - 1)
        let part = rank - Double(below)
        return part == 0 ? number(below) : number(below) * (1 - part) + number(above) * part
    }
}
