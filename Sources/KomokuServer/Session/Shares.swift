internal import Komoku

/// The part of each of some equal windows in which a state was true.
struct Shares: Sendable {
    private let start: Timestamp
    /// Seconds of one window.
    private let span: Double
    private var trueSeconds: [Double]
    private var state: Bool
    /// Seconds after the start, as the following.
    private var since = 0.0
    private let end: Double

    /// - Parameter state: the one at the start.
    init(from start: Timestamp, to end: Timestamp, windows: Int, state: Bool) {
        self.start = start
        self.end = (end - start).seconds
        span = self.end / Double(windows)
        trueSeconds = Array(repeating: 0, count: windows)
        self.state = state
    }

    /// The state from `time` on; times come ascending.
    mutating func add(_ state: Bool, at time: Timestamp) {
        let time = min(max((time - start).seconds, since), end)
        if self.state { count(from: since, to: time) }
        self.state = state
        since = time
    }

    /// `[[end of window, share], …]`, a share being 0 to 1.
    consuming func finished() -> JSON {
        if state { count(from: since, to: end) }
        return .array(
            trueSeconds.enumerated().map { index, seconds in
                // Sums of parts are not exact to the last digit; nobody needs it, and 1 shall be 1.
                let share = DecimalNumber.round(min(1, seconds / span), decimals: 9)
                let time = start + (Duration(seconds: Double(index + 1) * span) ?? .zero)
                return [.number(time.seconds), .number(share)]
            })
    }

    private mutating func count(from: Double, to: Double) {
        var index = min(max(0, Int(from / span)), trueSeconds.count - 1)
        var from = from
        while from < to, index < trueSeconds.count {
            let windowEnd = index == trueSeconds.count - 1 ? end : Double(index + 1) * span
            let part = min(to, windowEnd)
            if part > from { trueSeconds[index] += part - from }
            from = max(from, part)
            index += 1
        }
    }
}
