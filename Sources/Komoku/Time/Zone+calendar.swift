extension Zone {
    /// When clocks show a local time.
    public enum Moments: Hashable, Sendable {
        case once(Timestamp)
        /// Clocks were put back: it is shown twice, or, where they were put back again and again, first and last.
        case twice(Timestamp, Timestamp)
        /// Clocks were put forward over it, at this moment.
        case never(Timestamp)

        /// The first moment at or after which clocks show the time or a later one.
        public var first: Timestamp {
            switch self {
            case .once(let time), .twice(let time, _), .never(let time): time
            }
        }
    }

    public func moments(of local: LocalDateTime) -> Moments {
        // No clock is further from UTC than this, so all that matters lies between.
        let margin: Int64 = 27 * 3600
        let nominal = Int64(local.secondsSince1970)
        var period = nominal - margin
        var found: [Int64] = []
        while true {
            let next = nextChange(after: period)
            let end = next.map { min($0, nominal + margin) } ?? nominal + margin
            let offset = Int64(kind(at: period).offset)
            let moment = nominal - offset
            if moment >= period, moment < end { found.append(moment) }
            guard let next, next < nominal + margin else { break }
            // Before the change clocks had not reached the time, after it they are beyond.
            if found.isEmpty, nominal >= next + offset, nominal < next + Int64(kind(at: next).offset) {
                return .never(Timestamp(wholeSeconds: next))
            }
            period = next
        }
        guard let first = found.first, let last = found.last else { return .once(Timestamp(wholeSeconds: nominal)) }
        let moment = Timestamp(wholeSeconds: first)
        return first == last ? .once(moment) : .twice(moment, Timestamp(wholeSeconds: last))
    }

    /// The start of the hour, day, week, month or year that a time is in. A day whose midnight is left out begins when the clocks
    /// are put forward.
    public func start(of unit: CalendarUnit, at time: Timestamp) -> Timestamp {
        let seconds = time.wholeSeconds
        if unit == .hour { return Timestamp(wholeSeconds: hourStart(seconds)) }
        let day = unit.firstDay(of: local(time).daysSince1970)
        let start = start(ofDay: day)
        // Clocks that were put back over midnight show the day before once more.
        if start > time { return self.start(ofDay: unit.firstDay(of: day, later: -1)) }
        let next = self.start(ofDay: unit.firstDay(of: day, later: 1))
        return next <= time ? next : start
    }

    /// The start of the next hour, day, week, month or year.
    public func start(of unit: CalendarUnit, after time: Timestamp) -> Timestamp {
        if unit == .hour { return Timestamp(wholeSeconds: nextHour(after: time.wholeSeconds)) }
        let day = unit.firstDay(of: local(time).daysSince1970)
        // A day may have been left out whole.
        for count in 0...3 {
            let next = start(ofDay: unit.firstDay(of: day, later: count))
            if next > time { return next }
        }
        return .distantFuture
    }

    private func start(ofDay days: Int) -> Timestamp {
        moments(of: LocalDateTime(secondsSince1970: days.clampedDays * 86_400)).first
    }

    private func hourStart(_ seconds: Int64) -> Int64 {
        let local = Int(seconds) + kind(at: seconds).offset
        let start = seconds - Int64(local.remainder(by: 3600))
        return lastChange(upTo: seconds, from: start) ?? start
    }

    private func nextHour(after seconds: Int64) -> Int64 {
        let local = Int(seconds) + kind(at: seconds).offset
        let next = seconds + Int64(3600 - local.remainder(by: 3600))
        guard let change = nextChange(after: seconds) else { return next }
        return min(change, next)
    }
}

extension Int {
    /// Days that can be counted in seconds.
    fileprivate var clampedDays: Int { Swift.min(Swift.max(self, -200_000_000), 200_000_000) }
}
