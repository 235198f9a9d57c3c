internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuSystem
internal import Logging

extension InboxLoop {
    /// Acknowledgements are not written more often than so, in microseconds, unless a commit was asked for.
    private static let shortestLook: Int64 = 20_000

    /// MQTT 3.1.1 has no Receive Maximum: a broker stops after some 20 messages, so they are acknowledged sooner.
    func limit(of connection: Connection) -> Int {
        connection.version == .five
            ? min(configuration.unacknowledgedLimit, max(1, configuration.broker.receiveMaximum / 2)) : 10
    }

    func interval(of connection: Connection) -> Int64 {
        // Pings wait as long, and the broker hangs up after one and a half keep-alives.
        let longest = min(
            configuration.commitInterval.microseconds, configuration.broker.keepAlive.microseconds / 4)
        return connection.version == .five ? longest : min(longest, 100_000)
    }

    func isDue(_ connection: Connection, at now: Int64) -> Bool {
        guard let since = reader.unacknowledged.since else { return false }
        return isUrgent || reader.unacknowledged.count >= limit(of: connection)
            || now - since >= interval(of: connection)
    }

    /// Waits for a commit of everything taken so far, reading nothing meanwhile, and writes the acknowledgements.
    mutating func acknowledge(_ connection: Connection, patience: Int64) -> Connection.Failure? {
        let ticket = askForCommit()
        let deadline = MonotonicClock.now + patience
        var outcome = shared.outcome(of: ticket)
        while outcome == nil {
            let left = deadline - MonotonicClock.now
            // The queued ping would end the connection soon; dropping it has the broker send everything again.
            guard left > 0 else {
                logger.error("no commit for too long; dropping the broker's connection")
                return .timedOut
            }
            let events = Poll.wait(connection.socket, for: [], or: shared.wakeUp, microseconds: left)
            outcome = shared.outcome(of: ticket)
            // Nothing is read, not even the reason: that would queue acknowledgements for what is not committed.
            if outcome == nil, !events.isEmpty { return .lost }
        }
        return write(connection, afterCommit: outcome)
    }

    private mutating func askForCommit() -> Int {
        nextTicket += 1
        let ticket = nextTicket
        sink.whenDurable { [shared] in shared.finish(ticket, $0) }
        return ticket
    }

    /// Where others' commits, a client's or a rule's, have covered everything that was taken: after a kill it would come twice.
    mutating func acknowledgeIfDurable(_ connection: Connection) -> Connection.Failure? {
        guard !reader.unacknowledged.isEmpty, reader.moment >= nextLook else { return nil }
        nextLook = reader.moment + Self.shortestLook
        return sink.isDurable() ? write(connection, afterCommit: .durable) : nil
    }

    private mutating func write(
        _ connection: Connection, afterCommit outcome: Store.CommitOutcome?
    ) -> Connection.Failure? {
        let count = reader.unacknowledged.count
        if let failure = flush(connection, until: MonotonicClock.now + 10_000_000) { return failure }
        isUrgent = false
        reader.counters.acknowledged += count
        if case .unstored? = outcome { reader.counters.unstored += count }
        reader.unacknowledged.acknowledged()
        return nil
    }

    /// Writes until nothing is queued.
    private func flush(_ connection: Connection, until deadline: Int64) -> Connection.Failure? {
        if let failure = connection.write() { return failure }
        while connection.wantsToWrite {
            let left = deadline - MonotonicClock.now
            if left <= 0 { return .timedOut }
            let events = Poll.wait(connection.socket, for: .writable, or: shared.wakeUp, microseconds: left)
            if !events.isEmpty, let failure = connection.write() { return failure }
        }
        return nil
    }

    /// Commits, acknowledges and disconnects.
    mutating func finish(_ connection: Connection) -> Connection.Failure? {
        tellLosses()
        if !reader.unacknowledged.isEmpty, acknowledge(connection, patience: 10_000_000) != nil { return nil }
        connection.hangUp(until: MonotonicClock.now + Connection.farewell)
        publishCounters()
        return nil
    }

    /// The broker's session began anew: ids mean something else now. That must be in the database before the first of them
    /// comes, or after a crash a new message would be taken for an old one; so nothing is subscribed to until then.
    mutating func forgetReceipts() {
        guard reader.unacknowledged.forget() else { return }
        handOver()
        let deadline = MonotonicClock.now + configuration.commitPatience.microseconds
        let ticket = askForCommit()
        while shared.outcome(of: ticket) == nil, !shared.isStopping, MonotonicClock.now < deadline {
            _ = Poll.wait(-1, for: [], or: shared.wakeUp, microseconds: 500_000)
        }
    }
}
