internal import Komoku

/// The part of each of some equal windows in which a state was true.
struct Shares: Sendable {
    private let start: Double
    /// Seconds of one window.
    private let span: Double
    private var trueSeconds: [Double]
    private var state: Bool
    private var since: Double
    private let end: Double

    /// - Parameter state: the one at the start.
    init(from start: Timestamp, to end: Timestamp, windows: Int, state: Bool) {
        self.start = start.seconds
        self.end = end.seconds
        span = (end.seconds - start.seconds) / Double(windows)
        trueSeconds = Array(repeating: 0, count: windows)
        self.state = state
        since = start.seconds
    }

    /// The state from `time` on; times come ascending.
    mutating func add(_ state: Bool, at time: Timestamp) {
        let time = min(max(time.seconds, since), end)
        if self.state { count(from: since, to: time) }
        self.state = state
        since = time
    }

    /// `[[end of window, share], …]`, a share being 0 to 1.
    consuming func finished() -> JSON {
        if state { count(from: since, to: end) }
        return .array(
            trueSeconds.enumerated().map { index, seconds in
                [.number(start + Double(index + 1) * span), .number(min(1, max(0, seconds / span)))]
            })
    }

    private mutating func count(from: Double, to: Double) {
        var index = min(max(0, Int((from - start) / span)), trueSeconds.count - 1)
        var from = from
        while from < to, index < trueSeconds.count {
            let windowEnd = index == trueSeconds.count - 1 ? end : start + Double(index + 1) * span
            let part = min(to, windowEnd)
            if part > from { trueSeconds[index] += part - from }
            from = max(from, part)
            index += 1
        }
    }
}
