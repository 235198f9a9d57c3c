internal import Komoku
internal import KomokuStore

/// A key with `expect_every` of which nothing is heard for so long goes stale: a gap in its history says since when, and its
/// last value stays what was last known. Any news ends that.
extension Hub {
    /// Works out anew whether a key is fresh and until when, from its newest put; for options that changed and at the start.
    func scheduleStaleness(at index: Int) {
        table[index].freshUntil = nil
        if table[index].isUnknown { return }
        readClocks()
        guard !table[index].isRetired, let due = due(at: index) else { return endStaleness(at: index) }
        let until = newsTick(at: index) + due.every
        guard table[index].isStale else {
            table[index].freshUntil = until
            return
        }
        // Where the gap is not too early for what is expected now, nothing has changed, whatever the clock says.
        if let gap = table[index].stored, gap.value == nil, due.news + due.every <= gap.time { return }
        guard until > reading.tick else {
            // Something newer was imported or merged, but not new enough: it is stale since later.
            storeGap(at: index, due: until)
            return
        }
        table[index].freshUntil = until
        endStaleness(at: index)
    }

    private func endStaleness(at index: Int) {
        guard table[index].isStale else { return }
        table[index].isStale = false
        // The gap stays the newest point, so that the next put is one, equal or not.
        tell(.recovered, at: index, time: clock.now, provenance: .derived, cause: .expiry)
        finishHandling()
    }

    /// The time of the newest news, as it was given, and how long it is good for.
    private func due(at index: Int) -> (news: Timestamp, every: Duration)? {
        let (state, options) = (table[index], table[index].settings.effective)
        guard !state.isUnknown, let every = options.expectEvery, let last = state.last, last.value != nil else {
            return nil
        }
        return (state.fellAfter.map { last.time - $0 } ?? last.time, every)
    }

    /// The newest news on the monotonic clock.
    private func newsTick(at index: Int) -> Tick {
        table[index].fellAfter.map { table[index].tick - $0 } ?? table[index].tick
    }

    /// Notes news of a key with `expect_every`, after it was applied; a time in the future is taken for now.
    func refresh(_ index: Int, by point: Point, every: Duration, cause: Cause) {
        let until = table[index].tick + every
        guard table[index].isStale else {
            table[index].freshUntil = until
            return
        }
        if until > reading.tick {
            table[index].freshUntil = until
            table[index].isStale = false
            tell(.recovered, at: index, time: point.time, provenance: point.provenance, cause: cause)
        } else {
            // Old news that comes late: it is stale all the same, but since later.
            storeGap(at: index, due: until)
        }
    }

    /// Its source spoke, though of nothing newer.
    func recover(_ index: Int, at time: Timestamp, cause: Cause) {
        table[index].isStale = false
        tell(.recovered, at: index, time: time, provenance: .live, cause: cause)
    }

    /// Its source says that it does not know the value: a gap from now on.
    func forgetValue(at index: Int) {
        guard !table[index].settings.effective.isEvent, table[index].last?.value != nil else { return }
        table[index].isUnknown = true
        goStale(index, at: reading.tick, provenance: .live)
    }

    /// There is a value again.
    func endUnknown(at index: Int, time: Timestamp, cause: Cause) {
        table[index].isUnknown = false
        if table[index].isStale { recover(index, at: time, cause: cause) }
    }

    /// Lets a key go stale since `tick`.
    ///
    /// - Parameter provenance: of the gap; `live` where the source said so.
    func goStale(_ index: Int, at tick: Tick, provenance: Provenance = .derived) {
        table[index].freshUntil = nil
        guard !table[index].isStale, table[index].last?.value != nil else { return }
        table[index].isStale = true
        counters.stale += 1
        let time = storeGap(at: index, due: tick, provenance)
        tell(.stale, at: index, time: time, provenance: .derived, cause: .expiry)
    }

    /// Writes a gap behind all that is known of a key, unless one stands there already.
    ///
    /// - Returns: its time.
    @discardableResult
    private func storeGap(at index: Int, due tick: Tick, _ provenance: Provenance = .derived) -> Timestamp {
        if let stored = table[index].stored, stored.value == nil { return stored.time }
        let known = max(table[index].last?.time ?? .distantPast, table[index].stored?.time ?? .distantPast)
        let foreseen = due(at: index).map { $0.news + $0.every } ?? reading.date(of: tick)
        let time = max(date(of: tick, foreseen: foreseen), known + Duration(microseconds: 1))
        table[index].assigned = max(table[index].assigned, time)
        newestAssigned = max(newestAssigned, time)
        accepted(
            Put(
                key: table[index].id, time: time, value: nil, provenance: provenance, pointTime: time, isNewest: false)
        )
        table[index].stored = Point(time: time, value: nil, provenance: provenance)
        return time
    }

    /// After a newest put that is dated before the newest point, which is a gap or took one's place: at that time something
    /// was known after all.
    func fillGap(at index: Int, with value: Value, stored: Point) {
        accepted(
            Put(
                key: table[index].id, time: stored.time, value: value, provenance: .derived, pointTime: stored.time,
                isNewest: false))
        table[index].stored = Point(time: stored.time, value: value, provenance: .derived)
    }

    private func tell(
        _ freshness: Freshness, at index: Int, time: Timestamp, provenance: Provenance, cause: Cause
    ) {
        guard let last = table[index].last else { return }
        let state = table[index]
        tell(
            FreshnessEvent(
                key: state.name, type: state.type, freshness: freshness, time: time, last: last,
                provenance: provenance, cause: cause),
            at: index)
    }
}
