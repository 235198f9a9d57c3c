package import Komoku
internal import KomokuMQTT

/// When a web service is asked next: evenly, never all at once, and less and less often while it does not answer.
package struct PollSchedule {
    let every: Duration
    private var backoff: Backoff

    /// The first retry comes no earlier than three quarters of it.
    static let retry = Duration.seconds(30)
    static let longestRetry = Duration.seconds(3600)
    /// All are asked for the first time within it.
    package static let spread = Duration.seconds(10)

    init(every: Duration) {
        self.every = every
        backoff = Self.backoff(every)
    }

    private static func backoff(_ every: Duration) -> Backoff {
        Backoff(Backoff.Bounds(minimum: min(retry, every), maximum: max(every, longestRetry)))
    }

    func first(within spread: Duration = spread, using generator: inout some RandomNumberGenerator) -> Duration {
        Duration(microseconds: Int64.random(in: 0...spread.microseconds, using: &generator))
    }

    mutating func next(after isDone: Bool, using generator: inout some RandomNumberGenerator) -> Duration {
        guard isDone else { return backoff.delay(after: .failed, using: &generator) }
        backoff = Self.backoff(every)
        // A fiftieth of it, so that many hubs do not ask in step.
        let part = Double.random(in: 0.98...1.02, using: &generator)
        return Duration(microseconds: Int64(Double(every.microseconds) * part))
    }
}
