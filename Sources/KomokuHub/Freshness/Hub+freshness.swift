internal import Komoku
internal import KomokuStore

/// A key with `expect_every` of which nothing is heard for so long goes stale: a gap in its history says since when, and its
/// last value stays what was last known. Any news ends that.
extension Hub {
    /// Works out anew whether a key is fresh and until when, from its newest put; for options that changed and at the start.
    func scheduleStaleness(at index: Int) {
        states[index].freshUntil = nil
        if states[index].isUnknown { return }
        readClocks()
        guard !states[index].isRetired, let due = due(at: index) else { return endStaleness(at: index) }
        let until = newsTick(at: index) + due.every
        guard states[index].isStale else {
            states[index].freshUntil = until
            return
        }
        // Where the gap is not too early for what is expected now, nothing has changed, whatever the clock says.
        if let gap = states[index].stored, gap.value == nil, due.news + due.every <= gap.time { return }
        guard until > reading.tick else {
            // Something newer was imported or merged, but not new enough: it is stale since later.
            storeGap(at: index, due: until)
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
        guard !state.isUnknown, let every = options.expectEvery, let last = state.last, last.value != nil else {
            return nil
        }
        return (state.fellAfter.map { last.time - $0 } ?? last.time, every)
    }

    /// The newest news on the monotonic clock.
    private func newsTick(at index: Int) -> Tick {
        states[index].fellAfter.map { states[index].tick - $0 } ?? states[index].tick
    }

    /// Notes news of a key with `expect_every`, after it was applied; a time in the future is taken for now.
    func refresh(_ index: Int, by point: Point, every: Duration, cause: Cause) {
        let until = states[index].tick + every
        guard states[index].isStale else {
            states[index].freshUntil = until
            return
        }
        if until > reading.tick {
            states[index].freshUntil = until
            states[index].isStale = false
            tell(.recovered, at: index, time: point.time, provenance: point.provenance, cause: cause)
        } else {
            // Old news that comes late: it is stale all the same, but since later.
            storeGap(at: index, due: until)
        }
    }

    /// Its source spoke, though of nothing newer.
    func recover(_ index: Int, at time: Timestamp, cause: Cause) {
        states[index].isStale = false
        tell(.recovered, at: index, time: time, provenance: .live, cause: cause)
    }

    /// Its source says that it does not know the value: a gap from now on.
    func forgetValue(at index: Int) {
        guard !states[index].settings.effective.isEvent, states[index].last?.value != nil else { return }
        states[index].isUnknown = true
        goStale(index, at: reading.tick, provenance: .live)
    }

    /// There is a value again.
    func endUnknown(at index: Int, time: Timestamp, cause: Cause) {
        states[index].isUnknown = false
        if states[index].isStale { recover(index, at: time, cause: cause) }
    }

    /// Lets a key go stale since `tick`.
    ///
    /// - Parameter provenance: of the gap; `live` where the source said so.
    func goStale(_ index: Int, at tick: Tick, provenance: Provenance = .derived) {
        states[index].freshUntil = nil
        guard !states[index].isStale, states[index].last?.value != nil else { return }
        states[index].isStale = true
        counters.stale += 1
        let time = storeGap(at: index, due: tick, provenance)
        tell(.stale, at: index, time: time, provenance: .derived, cause: .expiry)
    }

    /// Writes a gap behind all that is known of a key, unless one stands there already.
    ///
    /// - Returns: its time.
    @discardableResult
    private func storeGap(at index: Int, due tick: Tick, _ provenance: Provenance = .derived) -> Timestamp {
        if let stored = states[index].stored, stored.value == nil { return stored.time }
        let known = max(states[index].last?.time ?? .distantPast, states[index].stored?.time ?? .distantPast)
        let foreseen = due(at: index).map { $0.news + $0.every } ?? reading.date(of: tick)
        let time = max(date(of: tick, foreseen: foreseen), known + Duration(microseconds: 1))
        states[index].assigned = max(states[index].assigned, time)
        newestAssigned = max(newestAssigned, time)
        accepted(
            Put(
                key: states[index].id, time: time, value: nil, provenance: provenance, pointTime: time, isNewest: false)
        )
        states[index].stored = Point(time: time, value: nil, provenance: provenance)
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
