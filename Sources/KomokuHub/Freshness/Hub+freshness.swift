internal import Komoku
internal import KomokuStore

/// A key with `expect_every` of which nothing is heard for so long goes stale: a gap in its history says since when, and its
/// last value stays what was last known. Any news ends that.
extension Hub {
    /// Works out anew whether a key is fresh and until when, from its newest put; for options that changed and at the start.
    func scheduleStaleness(at index: Int) {
        states[index].freshUntil = nil
        guard !states[index].isRetired, let due = due(at: index) else { return endStaleness(at: index) }
        let until = min(due.news, clock.now) + due.every
        guard states[index].isStale else {
            states[index].freshUntil = until
            return
        }
        // Where the gap is not too early for what is expected now, nothing has changed, whatever the clock says.
        if let gap = states[index].stored, gap.value == nil, due.news + due.every <= gap.time { return }
        guard until > clock.now else {
            // Something newer was imported or merged, but not new enough: it is stale since later.
            storeGap(at: index, time: until)
            return
        }
        states[index].freshUntil = until
        endStaleness(at: index)
    }

    private func endStaleness(at index: Int) {
        guard states[index].isStale else { return }
        states[index].isStale = false
        // The gap stays the newest point, so that the next put is one, equal or not.
        tell(.recovered, at: index, time: clock.now, provenance: .derived, cause: .expiry)
        finishHandling()
    }

    /// The time of the newest news, as it was given, and how long it is good for.
    private func due(at index: Int) -> (news: Timestamp, every: Duration)? {
        let (state, options) = (states[index], states[index].settings.effective)
        guard let every = options.expectEvery, let last = state.last, last.value != nil else { return nil }
        var news = last.time
        // A fall is no news: the last was its `max_time` ago.
        if state.type == .uptime, last.provenance == .derived, last.value == .boolean(false), let time = options.maxTime
        {
            news = news - time
        }
        return (news, every)
    }

    /// Notes news of a key with `expect_every`, after it was applied; a time in the future is taken for now.
    func refresh(_ index: Int, by point: Point, every: Duration, cause: Cause) {
        let now = clock.now
        let until = min(point.time, now) + every
        guard states[index].isStale else {
            states[index].freshUntil = until
            return
        }
        if until > now {
            states[index].freshUntil = until
            states[index].isStale = false
            tell(.recovered, at: index, time: point.time, provenance: point.provenance, cause: cause)
        } else {
            // Old news that comes late: it is stale all the same, but since later.
            storeGap(at: index, time: until)
        }
    }

    /// Lets a key go stale since `time`.
    func goStale(_ index: Int, at time: Timestamp) {
        states[index].freshUntil = nil
        guard !states[index].isStale, states[index].last?.value != nil else { return }
        states[index].isStale = true
        counters.stale += 1
        let time = storeGap(at: index, time: time)
        tell(.stale, at: index, time: time, provenance: .derived, cause: .expiry)
    }

    /// Writes a gap behind all that is known of a key, unless one stands there already.
    ///
    /// - Returns: its time.
    @discardableResult
    private func storeGap(at index: Int, time: Timestamp) -> Timestamp {
        if let stored = states[index].stored, stored.value == nil { return stored.time }
        let known = max(states[index].last?.time ?? .distantPast, states[index].stored?.time ?? .distantPast)
        // News from the future was good from when it came; its gap comes behind it as if it had come in time.
        let due = due(at: index).map { $0.news + $0.every } ?? time
        let time = max(time, due, known + Duration(microseconds: 1))
        accepted(
            Put(
                key: states[index].id, time: time, value: nil, provenance: .derived, pointTime: time, isNewest: false))
        states[index].stored = Point(time: time, value: nil, provenance: .derived)
        return time
    }

    /// After a newest put that is dated before the newest point, which is a gap or took one's place: at that time something
    /// was known after all.
    func fillGap(at index: Int, with value: Value, stored: Point) {
        accepted(
            Put(
                key: states[index].id, time: stored.time, value: value, provenance: .derived, pointTime: stored.time,
                isNewest: false))
        states[index].stored = Point(time: stored.time, value: value, provenance: .derived)
    }

    private func tell(
        _ freshness: Freshness, at index: Int, time: Timestamp, provenance: Provenance, cause: Cause
    ) {
        guard let last = states[index].last else { return }
        let state = states[index]
        tell(
            FreshnessEvent(
                key: state.name, type: state.type, freshness: freshness, time: time, last: last,
                provenance: provenance, cause: cause),
            at: index)
    }
}
