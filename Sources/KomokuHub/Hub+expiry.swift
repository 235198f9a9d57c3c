internal import HeapModule
internal import Komoku
internal import KomokuStore

/// A wake-up for a key that falls, goes stale, or waits for its device.
struct Expiry: Comparable {
    let tick: Tick
    let key: KeyID

    static func < (left: Expiry, right: Expiry) -> Bool {
        (left.tick, left.key.rawValue) < (right.tick, right.key.rawValue)
    }
}

extension Hub {
    /// Works out when a key falls and when it goes stale, after its options or its newest put changed other than by a put.
    func scheduleExpiry(at index: Int) {
        scheduleFall(at: index)
        scheduleStaleness(at: index)
        wake(index)
    }

    /// Works out when an uptime key falls, from its newest true and its `max_time`.
    func scheduleFall(at index: Int) {
        let state = table[index]
        guard state.type == .uptime, !state.isRetired, state.last?.value == .boolean(true),
            let maxTime = state.settings.effective.maxTime
        else {
            table[index].deadline = nil
            return
        }
        table[index].deadline = state.tick + maxTime
    }

    /// Sees to it that the key is looked at in time.
    ///
    /// The queue holds one wake-up per key as a rule: news only moves what the key waits for, and the wake-up moves when it
    /// comes.
    func wake(_ index: Int) {
        guard let tick = nextWakeUp(of: index) else { return }
        if let wakeUp = table[index].wakeUp, wakeUp <= tick { return }
        table[index].wakeUp = tick
        expiries.insert(Expiry(tick: tick, key: table[index].id))
    }

    private func nextWakeUp(of index: Int) -> Tick? {
        [table[index].deadline, table[index].freshUntil, commandDeadline(at: index)].compactMap(\.self).min()
    }

    /// Lets every key fall or go stale, every command end, and every point fall due whose time has come, in their order.
    func expire() {
        defer { hasJumped = false }
        while true {
            let tick = expiries.min.flatMap { $0.tick <= reading.tick ? $0.tick : nil }
            let due = coming.dueTimes.isEmpty ? nil : nextDueTime.flatMap { $0 <= reading.wall ? $0 : nil }
            if let due, tick.map({ due <= reading.date(of: $0) }) ?? true {
                fallDue(isJump: hasJumped)
            } else if tick != nil {
                expireFirst()
            } else {
                return
            }
        }
    }

    private func expireFirst() {
        let first = expiries.removeMin()
        let index = first.key.index
        guard table[index].wakeUp == first.tick else { return }
        table[index].wakeUp = nil
        endCommand(at: index, until: reading.tick)
        expire(index)
        wake(index)
        finishHandling()
    }

    /// Lets one key fall and go stale where its time has come, the earlier first.
    func expire(_ index: Int) {
        guard !table[index].isRetired else { return }
        let now = reading.tick
        let fall = table[index].deadline.flatMap { $0 <= now ? $0 : nil }
        if let stale = table[index].freshUntil, stale <= now, fall.map({ stale < $0 }) ?? true {
            goStale(index, at: stale)
        }
        if let fall { self.fall(index, at: fall) }
        if let stale = table[index].freshUntil, stale <= now { goStale(index, at: stale) }
    }

    /// Lets a key fall; its false is dated at the deadline, behind all that is known of it.
    private func fall(_ index: Int, at deadline: Tick) {
        guard let last = table[index].last, let maxTime = table[index].settings.effective.maxTime else { return }
        counters.expired += 1
        table[index].deadline = nil
        let time = max(date(of: deadline, foreseen: last.time + maxTime), last.time + Duration(microseconds: 1))
        table[index].assigned = max(table[index].assigned, time)
        newestAssigned = max(newestAssigned, time)
        accept(.boolean(false), at: time, of: index, provenance: .derived, cause: .expiry)
    }
}
