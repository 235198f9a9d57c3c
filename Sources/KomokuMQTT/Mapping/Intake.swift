internal import Komoku
package import KomokuHub
package import KomokuStore
internal import Synchronization

/// What the messages of one round came to.
package struct Intake: Sendable {
    /// Applied before the observations.
    package var updates: [DeviceUpdate] = []
    package var observations: [Observation] = []
    package var deadLetters: [DeadLetter] = []
    /// Messages that rules want as they came, each with the number of observations that come before it.
    package var messages: [(message: RawMessage, place: Int)] = []

    /// How many dead letters there may be after the message that is being read.
    private var limit = Int.max

    /// The most dead letters that one message makes.
    private static let maximumRefusals = 8

    package init() {}

    /// Applied in less time than it takes to wake a thread, or not much more.
    package var isShort: Bool { observations.count + messages.count <= 32 && updates.isEmpty }

    package var isEmpty: Bool { observations.isEmpty && deadLetters.isEmpty && updates.isEmpty && messages.isEmpty }

    /// A message begins: what it holds in vain makes a bounded number of dead letters.
    mutating func startMessage() {
        limit = deadLetters.count + Self.maximumRefusals
    }

    /// Keeps a message that could not be used. Equal ones in a row are counted.
    mutating func refuse(_ payload: UnsafeBufferPointer<UInt8>, of topic: String, _ reason: String, at time: Timestamp)
    {
        let reason = deadLetters.count < limit - 1 ? reason : "further fields cannot be used"
        if let last = deadLetters.indices.last, deadLetters[last].reason == reason,
            deadLetters[last].topic.utf8.elementsEqual(topic.utf8)
        {
            deadLetters[last].count += 1
        } else {
            deadLetters.append(DeadLetter(topic: topic, payload: payload, reason: reason, time: time))
        }
    }
}

/// Where observations go: the hub, or a test in its place. None of these waits.
package protocol ObservationSink: Sendable {
    /// Takes observations, in order.
    func take(_ intake: Intake)
    /// Commits all that was taken before; `then` is called on some thread.
    func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void)
    /// Whether all that was taken is committed by now, whoever asked for it; asks for nothing. Often asked.
    func isDurable() -> Bool
}

/// The hub as a sink, of one Inbox.
package final class HubSink: ObservationSink {
    /// How far the hub has come.
    private struct Progress {
        var taken = 0
        /// The hub has applied this much of it, which is in the store's first so many batches.
        var applied = 0
        var batches = 0
    }

    private let hub: Hub
    private let messages: RawMessage.Handler?
    private let progress = Mutex(Progress())

    package init(_ hub: Hub, messages: RawMessage.Handler? = nil) {
        self.hub = hub
        self.messages = messages
    }

    package func take(_ intake: Intake) {
        let number = progress.withLock { progress in
            progress.taken += 1
            return progress.taken
        }
        let isShort = intake.isShort
        hand(isShort) { [messages] hub in
            if !intake.updates.isEmpty { hub.apply(intake.updates) }
            var done = 0
            for (message, place) in intake.messages {
                if place > done { hub.apply(Array(intake.observations[done..<place])) }
                done = place
                messages?(message, hub)
            }
            hub.apply(done == 0 ? intake.observations : Array(intake.observations[done...]))
            for letter in intake.deadLetters { hub.record(letter) }
        }
        // A turn of its own: what the one before decided is with the store then.
        hand(isShort) { [self] hub in
            let batches = hub.store.appendedBatches
            progress.withLock { ($0.applied, $0.batches) = (number, batches) }
        }
    }

    /// A burst is applied while the next part of it is read; what comes alone is best applied right here.
    private func hand(_ isShort: Bool, _ work: @escaping @Sendable (isolated Hub) -> Void) {
        if isShort { hub.perform(work) } else { hub.enqueue(work) }
    }

    package func isDurable() -> Bool {
        let batches = progress.withLock { $0.applied == $0.taken ? $0.batches : nil }
        return batches.map { hub.store.isDurable(batches: $0) } ?? false
    }

    package func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void) {
        hub.enqueue { $0.whenDurable(then) }
    }
}
