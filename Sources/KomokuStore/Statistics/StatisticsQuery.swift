package import Komoku

/// A question for the statistics of one key over some windows that follow each other.
package struct StatisticsQuery: Hashable, Sendable {
    package var key: KeyID
    package var type: KeyType
    /// The bounds of the windows, ascending: window n reaches from bound n up to, and without, bound n + 1.
    package var bounds: [Timestamp]
    /// Percentiles, 0 to 100; computed from raw points only.
    package var percentiles: [Double] = []
    /// Whether the longest and shortest span are wanted: they need raw points too.
    package var wantsSpans = false
    /// Where a value that still holds ends to count: now.
    package var now: Timestamp
    /// Of a counter: what its readings say, and how they are read.
    package var counting = CounterKind.total
    package var rules = CounterRules()

    package static let maximumWindows = 10_000

    package init(key: KeyID, type: KeyType, bounds: [Timestamp], now: Timestamp) {
        self.key = key
        self.type = type
        self.bounds = bounds
        self.now = now
    }
}

package struct StatisticsReport: Hashable, Sendable {
    package var windows: [WindowStatistics] = []
    /// From when on there are raw points: percentiles and spans reach no further back. Nil is always.
    package var rawSince: Timestamp?
    /// Where the buckets begin that the windows are made of; nil where they are made of points.
    package var tiersSince: Timestamp?
    /// Where a window is made of coarser buckets than its bounds, the length of these.
    package var resolution: Duration?
    /// Where a window has more numbers than are kept, by how much of itself a percentile may be off; nil is exact.
    package var percentileError: Double?

    package init() {}
}

/// What is known of one window. Of what does not apply to the key, or is unknown, nil.
package struct WindowStatistics: Hashable, Sendable {
    package var start: Timestamp
    package var end: Timestamp
    /// Points in the window.
    package var count = 0
    package var minimum: Double?
    package var maximum: Double?
    /// Mean of the points.
    package var mean: Double?
    /// Mean weighted by the time that each value held, the one carried in from before included.
    package var timeMean: Double?
    package var sum: Double?
    /// Value times the seconds that it held, over the known time.
    package var integral: Double?
    /// Of the points, of the whole population.
    package var deviation: Double?
    /// First and last point in the window.
    package var first: Value?
    package var last: Value?
    /// Value at the end less the value at the start; the latter is the one carried in, or the first point's.
    package var delta: Double?
    /// `delta` (of a counter: `increase`) per second of known time.
    package var rate: Double?
    package var increase: Double?
    package var resets: Int?
    package var glitches: Int?
    package var edges: Int?
    package var known = Duration.zero
    /// The part of the window in which nobody watched, from when on anything was known; it is not in `known`.
    package var unwatched = Duration.zero
    package var trueTime: Duration?
    /// True time by known time, 0 to 1.
    package var fraction: Double?
    package var longest: Duration?
    package var shortest: Duration?
    /// Of the states that have no entry of their own in `states`: their time, and at least how many there are.
    package var others: StateTimes.Others?
    /// In the order of the question.
    package var percentiles: [Double?] = []
    /// Time of each text, longest first.
    package var states: [StateTime] = []

    package struct StateTime: Hashable, Sendable {
        package var text: String
        package var time: Duration
        package init(text: String, time: Duration) {
            self.text = text
            self.time = time
        }
    }

    package init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }
}
