import Komoku

/// Learns how often a device sends its telemetry.
struct TasmotaRhythm: Hashable {
    /// What was learnt; nil before.
    private(set) var period: Duration?
    private var last: Timestamp?
    private var candidate: Double?
    private var agreements = 0

    init(period: Duration? = nil) {
        self.period = period
    }

    /// After so long without news a value is stale: two messages and a half, and never less than a minute.
    var expectEvery: Duration? {
        period.flatMap { Duration(seconds: max(60, ($0.seconds * 2.5).rounded())) }
    }

    /// A live telemetry message came.
    ///
    /// - Parameter longest: no longer interval counts.
    /// - Returns: whether the period is another one now.
    mutating func heard(at time: Timestamp, longest: Duration) -> Bool {
        defer { last = time }
        guard let last else { return false }
        let interval = (time - last).seconds
        guard interval >= 9, interval <= longest.seconds * 1.02 else { return false }
        guard let candidate, abs(interval - candidate) <= max(2, candidate * 0.02) else {
            candidate = interval
            agreements = 1
            return false
        }
        agreements += 1
        return adopt(interval)
    }

    /// Nearly nobody wants telemetry more often; somebody at a switch makes such intervals for a while.
    private static let short = 60.0

    /// Messages that changes of state add look like a shorter period: they have to agree more often.
    private mutating func adopt(_ interval: Double) -> Bool {
        guard let known = period?.seconds else {
            return agreements >= (interval < Self.short ? 5 : 2) && adopt(rounding: interval)
        }
        if abs(known - interval) <= known * 0.2 { return false }
        return agreements >= (interval < known ? 5 : 2) && adopt(rounding: interval)
    }

    private mutating func adopt(rounding interval: Double) -> Bool {
        guard agreements >= 2, let rounded = Duration(seconds: interval.rounded()) else { return false }
        period = rounded
        return true
    }
}
