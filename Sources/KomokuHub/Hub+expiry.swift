internal import HeapModule
internal import Komoku
internal import KomokuStore

/// A wake-up for a key that falls, goes stale, or waits for its device.
struct Expiry: Comparable {
    let time: Timestamp
    let key: KeyID

    static func < (left: Expiry, right: Expiry) -> Bool {
        (left.time, left.key.rawValue) < (right.time, right.key.rawValue)
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
        let state = states[index]
        guard state.type == .uptime, !state.isRetired, let last = state.last, last.value == .boolean(true),
            let maxTime = state.settings.effective.maxTime
        else {
            states[index].deadline = nil
            return
        }
        states[index].deadline = last.time + maxTime
    }

    /// Sees to it that the key is looked at in time.
    ///
    /// The queue holds one wake-up per key as a rule: news only moves what the key waits for, and the wake-up moves when it
    /// comes.
    func wake(_ index: Int) {
        guard let time = nextWakeUp(of: index) else { return }
        if let wakeUp = states[index].wakeUp, wakeUp <= time { return }
        states[index].wakeUp = time
        expiries.insert(Expiry(time: time, key: states[index].id))
    }

    private func nextWakeUp(of index: Int) -> Timestamp? {
        [states[index].deadline, states[index].freshUntil, commandDeadline(at: index)].compactMap(\.self).min()
    }

    /// Lets every key fall or go stale, and every command end, whose time has come.
    func expire(until now: Timestamp) {
        while let first = expiries.min, first.time <= now {
            expiries.removeMin()
            let index = first.key.index
            guard states[index].wakeUp == first.time else { continue }
            states[index].wakeUp = nil
            endCommand(at: index, until: now)
            expire(index, until: now)
            wake(index)
            finishHandling()
        }
    }

    /// Lets one key fall and go stale where its time has come, the earlier first.
    func expire(_ index: Int, until now: Timestamp) {
        guard !states[index].isRetired else { return }
        let fall = states[index].deadline.flatMap { $0 <= now ? $0 : nil }
        if let stale = states[index].freshUntil, stale <= now, fall.map({ stale < $0 }) ?? true {
            goStale(index, at: stale)
        }
        if let fall { self.fall(index, at: fall) }
        if let stale = states[index].freshUntil, stale <= now { goStale(index, at: stale) }
    }

    /// Lets a key fall; its false is dated at the deadline.
    private func fall(_ index: Int, at deadline: Timestamp) {
        counters.expired += 1
        states[index].deadline = nil
        accept(.boolean(false), at: deadline, of: index, provenance: .derived, cause: .expiry)
    }
}
