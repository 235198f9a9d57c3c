package import KomokuHub
package import KomokuStore
internal import KomokuSystem
internal import Synchronization

/// The hub as a sink, of one Inbox.
package final class HubSink: ObservationSink {
    /// How far the hub has come.
    private struct Progress {
        var taken = 0
        /// The hub has applied this much of it, which is in the store's first so many batches.
        var applied = 0
        var batches = 0
        /// What waits for the hub, in bytes.
        var waiting = 0
    }

    private let hub: Hub
    private let messages: RawMessage.Handler?
    private let progress = Mutex(Progress())

    /// More bytes than these do not wait.
    private static let capacity = 64 << 20

    package init(_ hub: Hub, messages: RawMessage.Handler? = nil) {
        self.hub = hub
        self.messages = messages
    }

    package func take(_ intake: Intake) {
        let number = progress.withLock { progress in
            progress.taken += 1
            progress.waiting += intake.size
            return progress.taken
        }
        let application = IntakeApplication(intake, messages)
        hub.take(isShort: intake.isShort) { [self] hub in
            if !application.isDone {
                application.proceed(in: hub)
                return false
            }
            // A turn of its own: what the ones before decided is with the store then.
            let batches = hub.store.appendedBatches
            progress.withLock { progress in
                (progress.applied, progress.batches) = (number, batches)
                progress.waiting -= application.size
            }
            return true
        }
    }

    package var hasRoom: Bool { progress.withLock { $0.waiting < Self.capacity } }

    package func isDurable() -> Bool {
        let batches = progress.withLock { $0.applied == $0.taken ? $0.batches : nil }
        return batches.map { hub.store.isDurable(batches: $0) } ?? false
    }

    package func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void) {
        hub.take(isShort: false) { hub in
            hub.whenDurable(then)
            return true
        }
    }
}

/// What one intake comes to in the hub, a few milliseconds at a time. Between two messages others may have the hub, and the
/// store may commit: the receipt of a message goes with what it says.
///
/// `@unchecked`: used on the hub's turn only.
private final class IntakeApplication: @unchecked Sendable {
    let size: Int
    private var intake: Intake
    private let handler: RawMessage.Handler?
    private var hasBegun = false
    private(set) var isDone = false
    /// How many observations, messages, receipts and groups of messages are done with.
    private var (observations, messages, receipts, ends) = (0, 0, 0, 0)
    /// How many ends of messages were passed.
    private var passed = 0

    /// In microseconds.
    private static let longestPiece: Int64 = 4_000
    /// The clock is looked at after so many messages.
    private static let group = 8

    init(_ intake: Intake, _ handler: RawMessage.Handler?) {
        (self.intake, self.handler, size) = (intake, handler, intake.size)
    }

    func proceed(in hub: isolated Hub) {
        let end = MonotonicClock.now + Self.longestPiece
        if !hasBegun { begin(in: hub) }
        repeat {
            let cursor = nextCursor
            apply(until: cursor, in: hub)
            note(until: cursor, in: hub)
            if observations == intake.observations.count, messages == intake.messages.count { return finish(in: hub) }
        } while MonotonicClock.now < end
    }

    private func begin(in hub: isolated Hub) {
        hasBegun = true
        if !intake.updates.isEmpty { hub.apply(intake.updates) }
        guard intake.receipts.isNew else { return }
        var change = ReceiptChange()
        change.isNew = true
        hub.note(change)
    }

    /// Where a message ends, some messages from here.
    private var nextCursor: Int {
        ends = min(ends + Self.group, intake.ends.count)
        return ends == intake.ends.count ? intake.observations.count : intake.ends[ends - 1]
    }

    private func apply(until cursor: Int, in hub: isolated Hub) {
        while messages < intake.messages.count, intake.messages[messages].cursor <= cursor {
            let (message, end) = intake.messages[messages]
            advance(to: end, in: hub)
            handler?(message, hub)
            messages += 1
        }
        advance(to: cursor, in: hub)
    }

    private func advance(to cursor: Int, in hub: isolated Hub) {
        while passed < intake.ends.count, intake.ends[passed] <= cursor {
            apply(to: intake.ends[passed], in: hub)
            passed += 1
        }
        apply(to: cursor, in: hub)
    }

    /// What one message says is one event.
    private func apply(to end: Int, in hub: isolated Hub) {
        guard end > observations else { return }
        hub.apply(intake.observations[observations..<end])
        observations = end
    }

    private func note(until cursor: Int, in hub: isolated Hub) {
        let start = receipts
        let count = min(intake.receiptCursors.count, intake.receipts.added.count)
        while receipts < count, intake.receiptCursors[receipts] <= cursor { receipts += 1 }
        guard receipts > start else { return }
        var change = ReceiptChange()
        change.added = Array(intake.receipts.added[start..<receipts])
        hub.note(change)
    }

    private func finish(in hub: isolated Hub) {
        if intake.isSettled { hub.settled() }
        for letter in intake.deadLetters { hub.record(letter) }
        var change = ReceiptChange()
        change.added = Array(intake.receipts.added[receipts...])
        change.dropped = intake.receipts.dropped
        hub.note(change)
        isDone = true
        // What it held is not needed while the last turn waits.
        intake = Intake()
    }
}
