package import Komoku
package import KomokuStore
internal import KomokuSystem
internal import Logging

/// A clock that was ahead and is set back leaves points in the future that were no forecasts.
extension Hub {
    /// Whether a point was dated by a clock that was ahead.
    package func isMisdated(_ time: Timestamp, _ key: KeyID) -> Bool {
        misdated[key]?.contains(time.microseconds) ?? false
    }

    /// Points of all keys that were dated by a clock that was ahead.
    package var misdatedCount: Int { misdated.values.reduce(0) { $0 + $1.count } }

    /// After a step of the clock, and until it is set for the first time.
    func judgeClock() {
        let wasSet = isClockSet
        isClockSet = clockStatus.isSynchronized(at: reading.wall)
        guard isClockSet else { return }
        if !wasSet {
            measureRestored()
            noteStartBefore()
        }
        guard newestAssigned > futureLimit || reading.step < .zero || !wasSet else { return }
        let limit = futureLimit
        var (keys, before) = (0, newestAssigned)
        newestAssigned = .distantPast
        for index in states.indices where !states[index].isRetired {
            if judge(index, limit) { keys += 1 }
            newestAssigned = max(newestAssigned, states[index].assigned)
        }
        guard keys > 0 else { return }
        before = max(before, limit)
        logger.warning(
            """
            the clock was set back: what was dated ahead stays in the history, marked as misdated, and counts no more; \
            see to it that the clock is set before the hub starts
            """,
            metadata: [
                "keys": "\(keys)", "ahead": "\(Duration.seconds((before - reading.wall).microseconds / 1_000_000))",
            ])
    }

    /// The clock is set now, for the first time: how long ago something was heard of keys before the start can be told.
    private func measureRestored() {
        for index in states.indices where states[index].isRestored && !states[index].isRetired {
            guard let last = states[index].last else { continue }
            states[index].tick = reading.heard(at: last.time)
            if states[index].isTimed { scheduleExpiry(at: index) }
        }
    }

    /// - Returns: whether the hub dated points of the key that are ahead now.
    private func judge(_ index: Int, _ limit: Timestamp) -> Bool {
        let assigned = states[index].assigned
        let isAhead = states[index].last.map { $0.time > limit } ?? false
        let isOurs = isAhead && !states[index].isGiven
        if isAhead {
            if isOurs { redate(index) } else { withdraw(index) }
        } else if let stored = states[index].stored, stored.time > limit {
            states[index].stored = nil
            redateLast(index)
        }
        guard assigned > limit else { return false }
        states[index].assigned = states[index].last.map { min($0.time, limit) } ?? .distantPast
        mark(states[index].id, after: limit, through: assigned)
        return true
    }

    /// The value stays; it came when the monotonic clock says.
    private func redate(_ index: Int) {
        guard let last = states[index].last else { return }
        let time = min(reading.date(of: states[index].tick), reading.wall)
        states[index].last = Point(time: time, value: last.value, provenance: last.provenance)
        states[index].stored = nil
        redateLast(index)
    }

    private func redateLast(_ index: Int) {
        let last = states[index].last
        accepted(
            Put(
                key: states[index].id, time: last?.time ?? reading.wall, value: last?.value,
                provenance: last?.provenance ?? .live, pointTime: nil, isNewest: true, dating: .redated))
    }

    /// A sender's time that is ahead again waits for its moment: the value is what was before it.
    private func withdraw(_ index: Int) {
        handOver()
        let (id, wall, previous) = (states[index].id, reading.wall, states[index].last?.value)
        // What the hub dated meanwhile is no forecast.
        let begin = states[index].assigned > futureLimit ? states[index].assigned : wall
        let older = (try? store.pointsWaiting(of: id, until: wall + Self.next, limit: 16, newestFirst: true)) ?? []
        let future = (try? store.pointsWaiting(of: id, since: begin, limit: Future.maximumCount)) ?? []
        let last = older.first { $0.value != nil && !isMisdated($0.time, id) }
        states[index].last = last
        states[index].stored = older.first { !isMisdated($0.time, id) }
        states[index].tick = reading.heard(at: last?.time ?? wall)
        states[index].isGiven = true
        redateLast(index)
        takeFuture(future, at: index)
        if states[index].isTimed { scheduleExpiry(at: index) }
        guard let last, last.value != previous, !states[index].isRestored else { return }
        tell(index, of: last, previous: previous, isChange: true, cause: .clock)
    }

    private static let next = Duration(microseconds: 1)

    // MARK: Marks

    private static let slice = 4096
    private static let maximumMisdated = 1_000_000

    /// Notes which points of a key are between two times, unless they wait for them.
    private func mark(_ key: KeyID, after: Timestamp, through: Timestamp) {
        handOver()
        store.points(of: key, since: after, until: through + Self.next, limit: Self.slice) { [weak self] result in
            self?.enqueue { $0.mark(key, (try? result.get()) ?? [], through: through) }
        }
    }

    private func mark(_ key: KeyID, _ points: [Point], through: Timestamp) {
        guard !states[key.index].isRetired, misdatedCount < Self.maximumMisdated else { return }
        let waiting = Set((futures[key]?.points ?? []).map(\.time))
        let times = points.map(\.time).filter { !waiting.contains($0) && !isMisdated($0, key) }
        counters.misdated += times.count
        misdated[key, default: []].formUnion(times.map(\.microseconds))
        batch.misdated += times.map { MisdatedPoint(key: key, time: $0) }
        if points.count == Self.slice, let last = points.last { mark(key, after: last.time, through: through) }
    }

    // MARK: A start

    /// After a start: what waits for its time, what fell due meanwhile, and what is ahead of the clock.
    func restoreTimes(_ restored: [RestoredKey]) {
        do throws(Store.Error) {
            for point in try store.misdated() { misdated[point.key, default: []].insert(point.time.microseconds) }
        } catch {
            logger.error("which points are misdated cannot be read", metadata: ["error": "\(error)"])
        }
        for key in restored where key.ahead != nil { restoreFuture(key) }
        guard isClockSet else { return }
        let limit = futureLimit
        for index in states.indices where !states[index].isRetired {
            if states[index].last.map({ $0.time > limit }) ?? false || states[index].assigned > limit
                || states[index].stored.map({ $0.time > limit }) ?? false
            {
                _ = judge(index, limit)
            }
        }
        newestAssigned = min(newestAssigned, limit)
    }

    private func restoreFuture(_ key: RestoredKey) {
        guard let ahead = key.ahead, let index = index(of: key.record.name) else { return }
        let (id, wall) = (key.record.id, reading.wall)
        // Behind a time that the hub gave and that is ahead now, the points that are there before are taken for its own.
        let newest = key.last.map { key.isOurs || $0.time <= futureLimit ? $0.time : .distantPast } ?? .distantPast
        let since = max(ahead, newest) - Self.next
        do throws(Store.Error) {
            let future = try store.pointsWaiting(of: id, since: max(since, wall), limit: Future.maximumCount)
            let passed =
                since < wall
                ? try store.pointsWaiting(of: id, since: since, until: wall + Self.next, limit: 16, newestFirst: true)
                : []
            // The hub was down at that time: it falls due once all that watches is there.
            let due = passed.first { $0.value != nil && !isMisdated($0.time, id) }
            takeFuture(future, after: due, at: index)
        } catch {
            logger.error("points ahead cannot be read", metadata: ["key": "\(key.record.name)", "error": "\(error)"])
        }
    }
}
