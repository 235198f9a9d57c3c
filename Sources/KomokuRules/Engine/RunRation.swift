import Komoku

/// How many lines a rule may fill, of the why log or of the log: many at a stretch, few for ever.
struct RunRation {
    private var left = Double(RunRation.most)
    /// On the monotonic clock, in microseconds.
    private var looked: Int64

    static let most = 1000
    static let perSecond = 2.0

    init(at now: Int64) {
        looked = now
    }

    /// - Returns: whether there is one more.
    mutating func take(at now: Int64) -> Bool {
        let passed = Double(max(0, now - looked)) / 1_000_000
        looked = now
        left = min(Double(Self.most), left + passed * Self.perSecond)
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}
