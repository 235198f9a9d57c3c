internal import Komoku
internal import KomokuStore

/// Messages that say when their values were measured: what comes late finds its place in the history, and what is new by its
/// own time is the key's value. Uptime keys live on messages that arrive, whatever these say.
extension Hub {
    /// A live message that says an older time than the key's newest.
    struct LateMessage {
        var measured: Timestamp
        var arrival: Timestamp
    }

    /// A stamp of the same source that lags behind other messages by less is the same news.
    private static let jitter = Duration.seconds(5)

    func take(_ value: Value, measured given: Timestamp, at index: Int, _ observation: Observation) {
        let now = reading.wall
        let time = min(given, now)
        let isLive = observation.provenance == .live
        let last = table[index].last
        comesNow = isLive
        defer { comesNow = false }
        switch last {
        case let last? where time < last.time:
            guard isLive else { return }
            if runsBehind(time, now, at: index) {
                apply(value, at: nil, of: index, observation)
            } else {
                if value != last.value || last.time - time >= Self.jitter || table[index].settings.effective.isEvent {
                    let cause = observation.feed.cause
                    accept(value, at: time, of: index, provenance: observation.provenance, cause: cause)
                }
                heard(of: index, at: now, observation)
            }
        // It was delivered twice.
        case let last? where time == last.time && value == last.value:
            if isLive { heard(of: index, at: now, observation) }
        default:
            if !lateMessages.isEmpty { lateMessages[index] = nil }
            apply(value, at: time, of: index, observation)
        }
    }

    private func apply(_ value: Value, at time: Timestamp?, of index: Int, _ observation: Observation) {
        accept(value, at: time, of: index, provenance: observation.provenance, cause: observation.feed.cause)
        if table[index].command != nil, observation.provenance == .live { heard(value, at: index) }
    }

    /// Whether a clock was set back, rather than a message be late: two in a row, some seconds apart, between which the clock
    /// went on as far as the hub's. What queued up arrives at once, and what is late for other reasons is not late by one
    /// length. So no stamp makes a value stand still for longer than one message.
    private func runsBehind(_ measured: Timestamp, _ arrival: Timestamp, at index: Int) -> Bool {
        defer { lateMessages[index] = LateMessage(measured: measured, arrival: arrival) }
        guard let before = lateMessages[index] else { return false }
        let (passed, went) = (arrival - before.arrival, measured - before.measured)
        guard passed >= Self.jitter, went > .zero else { return false }
        return (passed.seconds - went.seconds).magnitude <= max(2, passed.seconds * 0.1)
    }

    /// Its source spoke of a key without saying anything newer: it is fresh all the same.
    private func heard(of index: Int, at now: Timestamp, _ observation: Observation) {
        guard let every = table[index].settings.effective.expectEvery else { return }
        if table[index].isStale { recover(index, at: now, cause: observation.feed.cause) }
        table[index].freshUntil = reading.tick + every
        wake(index)
    }
}
