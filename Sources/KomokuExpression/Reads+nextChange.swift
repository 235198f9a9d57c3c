package import Komoku

extension Reads {
    /// When the result can next change by time alone; nil where it cannot, as long as none of the keys and devices changes.
    ///
    /// What the clock shows is exact. Windows of the history, `at` with a duration and plain ages are looked at in steps, whose
    /// moments are multiples since 1970, so that many expressions wake up together. An age compared with a duration
    /// changes the result when it reaches that duration; from then on it is looked at each minute, for a caller that is not told
    /// of equal values.
    ///
    /// - Parameters:
    ///   - ignoringNow: the caller knows when what is asked of `now` changes.
    ///   - lastHeard: when something was last heard of a key; nil where nothing was.
    ///   - lastChanged: when its value became what it is; nil where that is not known, and is looked at each minute.
    package func nextChange(
        after time: Timestamp, in zone: Zone, ignoringNow: Bool = false,
        lastHeard: (KeyName) -> Timestamp? = { _ in nil }, lastChanged: (KeyName) -> Timestamp? = { _ in nil }
    ) -> Timestamp? {
        let asked = ignoringNow ? clock.filter { $0 != .now } : clock
        var moments = asked.compactMap { $0.nextChange(after: time, in: zone) }
        if let step { moments.append(time.nextMultiple(of: step)) }
        for age in ageLimits {
            if let heard = lastHeard(age.key) { moments.append(Self.moment(of: heard + age.limit, after: time)) }
        }
        for since in changeLimits {
            let reached = lastChanged(since.key).map { $0 + since.limit }
            moments.append(reached.map { Self.moment(of: $0, after: time) } ?? time.nextMultiple(of: Self.minute))
        }
        return moments.min()
    }

    private static func moment(of reached: Timestamp, after time: Timestamp) -> Timestamp {
        if reached > time { return reached }
        // `age > limit` turns true right behind the moment.
        return reached == time ? time + Duration(microseconds: 1) : time.nextMultiple(of: Self.minute)
    }
}

extension ClockCall {
    /// How often at most the answer changes.
    var step: Duration {
        switch self {
        case .word(let word): word.step
        case .timeBetween(let from, let to):
            from.seconds % 60 != 0 || to.seconds % 60 != 0 ? Reads.second : Reads.minute
        case .written: Reads.minute
        }
    }

    /// When the answer can next change; nil for never. `now` changes each second, `elevation` each minute.
    package func nextChange(after time: Timestamp, in zone: Zone) -> Timestamp? {
        switch self {
        case .word(let word): word.nextChange(time, zone)
        case .timeBetween(let from, let to): nextChange(between: from, to, after: time, in: zone)
        case .written: nil
        }
    }

    /// Goes from hour to hour: within one no clock is put forward or back.
    private func nextChange(
        between from: TimeOfDay, _ to: TimeOfDay, after time: Timestamp, in zone: Zone
    ) -> Timestamp? {
        let now = value(at: time, in: zone)
        var start = time
        for _ in 0..<50 {
            let end = zone.start(of: .hour, after: start)
            let shown = zone.local(start)
            let found = [from, to].compactMap { limit -> Timestamp? in
                var ahead = limit.seconds - shown.secondOfDay
                if ahead < 0 { ahead += 86_400 }
                let moment = start.wholeSecond + Duration.seconds(Int64(ahead))
                return moment > time && moment < end ? moment : nil
            }
            for moment in (found + [end]).sorted() where value(at: moment, in: zone) != now { return moment }
            start = end
        }
        return nil
    }
}

extension Timestamp {
    /// The second that it is in.
    var wholeSecond: Timestamp { nextMultiple(of: Reads.second) - Reads.second }

    /// The first multiple since 1970 after the time.
    func nextMultiple(of step: Duration) -> Timestamp {
        let rest = microseconds % step.microseconds
        let past = rest < 0 ? rest + step.microseconds : rest
        return self + Duration(microseconds: step.microseconds - past)
    }
}
