internal import HeapModule
internal import Komoku
internal import KomokuStore

/// A wake-up for an uptime key.
struct Expiry: Comparable {
    let time: Timestamp
    let key: KeyID

    static func < (left: Expiry, right: Expiry) -> Bool {
        (left.time, left.key.rawValue) < (right.time, right.key.rawValue)
    }
}

extension Hub {
    /// Works out when an uptime key falls, from its newest true and its `max_time`.
    ///
    /// The queue holds one wake-up per key as a rule: news only moves `deadline`, and the wake-up moves when it comes.
    func scheduleExpiry(at index: Int) {
        guard states[index].type == .uptime, !states[index].isRetired else { return }
        guard let last = states[index].last, last.value == .boolean(true) else {
            states[index].deadline = nil
            return
        }
        let deadline = last.time + states[index].settings.effective.maxTime
        states[index].deadline = deadline
        if let wakeUp = states[index].wakeUp, wakeUp <= deadline { return }
        wake(index, at: deadline)
    }

    private func wake(_ index: Int, at time: Timestamp) {
        states[index].wakeUp = time
        expiries.insert(Expiry(time: time, key: states[index].id))
    }

    /// Lets every uptime key fall whose deadline has come.
    func expire(until now: Timestamp) {
        while let first = expiries.min, first.time <= now {
            expiries.removeMin()
            let index = first.key.index
            guard states[index].wakeUp == first.time else { continue }
            states[index].wakeUp = nil
            guard let deadline = states[index].deadline else { continue }
            if deadline > now {
                wake(index, at: deadline)
            } else {
                expire(index, at: deadline)
                finishHandling()
            }
        }
    }

    /// Lets a key fall; its false is dated at the deadline.
    func expire(_ index: Int, at deadline: Timestamp) {
        counters.expired += 1
        accept(.boolean(false), at: deadline, of: index, provenance: .derived, cause: .expiry)
    }
}
