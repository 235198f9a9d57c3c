import Komoku

/// When runs of a rule began, as far as its limit counts them: a window that slides, so that no period of its length has
/// more starts than the limit.
struct StartWindow: Sendable {
    private var starts: [Timestamp] = []
    /// Those before are past.
    private var first = 0

    /// Whether the limit lets no further run begin now.
    func isFull(_ limit: Rule.RateLimit, at now: Timestamp) -> Bool {
        let begin = now - limit.period
        return starts.count - (starts[first...].firstIndex { $0 > begin } ?? starts.count) >= limit.count
    }

    /// Those that count still, as so long before `now`, the oldest first.
    func ages(_ limit: Rule.RateLimit, at now: Timestamp) -> [Duration] {
        starts[first...].filter { $0 > now - limit.period }.map { now - $0 }
    }

    /// - Parameter ages: how long before `now` runs began, the oldest first.
    init(ages: [Duration] = [], at now: Timestamp = .distantPast) {
        starts = ages.map { now - $0 }
    }

    /// Counts a start, if the limit lets it be.
    mutating func admit(_ limit: Rule.RateLimit, at now: Timestamp) -> Bool {
        let begin = now - limit.period
        while first < starts.count, starts[first] <= begin { first += 1 }
        if first > 64, first * 2 > starts.count {
            starts.removeFirst(first)
            first = 0
        }
        guard starts.count - first < limit.count else { return false }
        starts.append(now)
        return true
    }
}
