internal import Komoku

/// Tells which moments the local times of one series were.
///
/// The hour that comes twice in autumn is told apart by the order of the readings: time goes on from one to the next, or back in
/// a file that has the newest first. Where it never steps back, nothing tells; then the first, summer's, is taken, and the readings
/// are counted.
struct SeriesClock: Hashable {
    let zone: Zone
    /// Readings of an hour that comes twice of which nothing tells which one it was.
    private(set) var uncertain = 0
    /// Of the hour under way.
    private var pending = 0
    private var last: Timestamp?
    private var isDescending = false

    init(zone: Zone) {
        self.zone = zone
    }

    /// - Throws: where clocks never showed that time.
    mutating func moment(_ time: ReadingTime) throws(BrokenLine) -> Timestamp {
        guard case .local(let local, let micros) = time else {
            if case .moment(let moment) = time { return moment }
            throw BrokenLine("it is no time")
        }
        switch zone.moments(of: local) {
        case .once(let moment): return certain(moment.advanced(micros))
        case .never:
            throw BrokenLine("clocks in \(zone.name) were put forward over \(local)")
        case .twice(let first, let second):
            return choose(first.advanced(micros), second.advanced(micros))
        }
    }

    /// The end of the series, or of the hour.
    mutating func finish() {
        uncertain += pending
        pending = 0
    }

    private mutating func certain(_ moment: Timestamp) -> Timestamp {
        finish()
        if let last, last != moment { isDescending = moment < last }
        last = moment
        return moment
    }

    private mutating func choose(_ first: Timestamp, _ second: Timestamp) -> Timestamp {
        let (early, late) = isDescending ? (second, first) : (first, second)
        let hasPassed = last.map { isDescending ? $0 <= early : $0 >= early } ?? false
        let isAhead = last.map { isDescending ? $0 > late : $0 < late } ?? true
        guard hasPassed, isAhead else {
            pending += 1
            last = early
            return early
        }
        // Time stepped back on the wall: what came before was the first of the two hours, this is the second.
        pending = 0
        last = late
        return late
    }
}

extension Timestamp {
    fileprivate func advanced(_ micros: Int64) -> Timestamp { self + Komoku.Duration(microseconds: micros) }
}
