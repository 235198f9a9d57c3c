internal import Komoku
internal import KomokuSystem
internal import Logging
internal import KomokuHub
internal import KomokuStore

/// Nothing is acknowledged before its commit. Meanwhile reading goes on: what a commit does not cover waits for the next.
extension InboxLoop {
    /// Acknowledgements are not written more often than so, in microseconds, unless a commit was asked for.
    private static let shortestLook: Int64 = 20_000

    /// Acknowledges what is committed by now, and asks for a commit where it is time.
    mutating func acknowledge(on connection: Connection, at now: Int64) -> Connection.Failure? {
        guard !reader.unacknowledged.isEmpty else { return nil }
        if wait.isAsked {
            if let outcome = shared.outcome(of: wait.ticket) {
                wait.isAsked = false
                release(wait.count, on: connection, outcome)
            } else if now >= wait.deadline {
                // Dropping the connection has the broker send everything again.
                logger.error("no commit for too long; dropping the broker's connection")
                return .timedOut
            }
        } else if isDue(connection, at: now) {
            askForCommit(until: now + configuration.commitPatience.microseconds)
        }
        // Where others' commits, a client's or a rule's, have covered everything: after a kill it would come twice.
        if now >= wait.nextLook, !reader.unacknowledged.isEmpty {
            wait.nextLook = now + Self.shortestLook
            if sink.isDurable() {
                wait.isAsked = false
                release(reader.unacknowledged.count, on: connection, .durable)
            }
        }
        return nil
    }

    private mutating func askForCommit(until deadline: Int64) {
        let ticket = wait.ask(reader.unacknowledged.count, until: deadline)
        reader.unacknowledged.asked()
        sink.whenDurable { [shared] in shared.finish(ticket, $0) }
    }

    private func release(_ count: Int, on connection: Connection, _ outcome: Store.CommitOutcome) {
        connection.acknowledge(count)
        reader.unacknowledged.acknowledged(count)
        reader.counters.acknowledged += count
        if case .unstored = outcome { reader.counters.unstored += count }
    }

    /// MQTT 3.1.1 has no Receive Maximum: a broker stops after some 20 messages, so they are acknowledged sooner.
    private func limit(of connection: Connection) -> Int {
        connection.version == .five
            ? min(configuration.unacknowledgedLimit, max(1, configuration.broker.receiveMaximum / 2)) : 10
    }

    func interval(of connection: Connection) -> Int64 {
        let longest = configuration.commitInterval.microseconds
        return connection.version == .five ? longest : min(longest, 100_000)
    }

    private func isDue(_ connection: Connection, at now: Int64) -> Bool {
        guard let since = reader.unacknowledged.since else { return false }
        return reader.unacknowledged.count >= limit(of: connection) || now - since >= interval(of: connection)
    }

    /// Commits, acknowledges and disconnects. Reads nothing meanwhile.
    mutating func finish(_ connection: Connection) -> Connection.Failure? {
        tellLosses()
        let deadline = MonotonicClock.now + 10_000_000
        while !reader.unacknowledged.isEmpty {
            // One that was asked for earlier may not cover everything; then another one follows.
            if !wait.isAsked { askForCommit(until: deadline) }
            while shared.outcome(of: wait.ticket) == nil {
                let left = deadline - MonotonicClock.now
                guard left > 0 else { return nil }
                let events = Poll.wait(connection.socket, for: [], or: shared.wakeUp, microseconds: left)
                if events.contains(.broken), shared.outcome(of: wait.ticket) == nil { return nil }
            }
            if acknowledge(on: connection, at: MonotonicClock.now) != nil { return nil }
        }
        connection.disconnect()
        flush(connection, until: MonotonicClock.now + 1_000_000)
        drain(connection, until: MonotonicClock.now + 1_000_000)
        publishCounters()
        return nil
    }

    /// Lets go by what the broker sends until it hangs up: a socket that is closed with something unread in it is reset, and
    /// the acknowledgements may be lost with it.
    private func drain(_ connection: Connection, until deadline: Int64) {
        while case let left = deadline - MonotonicClock.now, left > 0, connection.discard() {
            _ = Poll.wait(connection.socket, for: .readable, or: shared.wakeUp, microseconds: min(left, 20_000))
        }
    }

    /// Writes until nothing is queued.
    private func flush(_ connection: Connection, until deadline: Int64) {
        while connection.write() == nil, connection.wantsToWrite {
            let left = deadline - MonotonicClock.now
            if left <= 0 { return }
            _ = Poll.wait(connection.socket, for: .writable, or: shared.wakeUp, microseconds: left)
        }
    }

    /// The broker's session began anew: ids mean something else now. That must be in the database before the first of them
    /// comes, or after a crash a new message would be taken for an old one; so nothing is subscribed to until then.
    mutating func forgetReceipts() {
        guard reader.unacknowledged.forget() else { return }
        handOver()
        let deadline = MonotonicClock.now + configuration.commitPatience.microseconds
        let ticket = wait.ask(0, until: deadline)
        wait.isAsked = false
        sink.whenDurable { [shared] in shared.finish(ticket, $0) }
        while shared.outcome(of: ticket) == nil, !shared.isStopping, MonotonicClock.now < deadline {
            _ = Poll.wait(-1, for: [], or: shared.wakeUp, microseconds: 500_000)
        }
    }
}
