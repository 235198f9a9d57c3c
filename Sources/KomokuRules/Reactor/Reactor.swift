internal import DequeModule
package import Komoku
package import KomokuHub
internal import KomokuStore
package import Logging

/// Gives messages to handlers, one after another: the next begins when every handler has returned from the one before.
///
/// There is one reactor to a hub, and one hub to a database: the store locks its file, so a second process that wants to run
/// one is refused.
///
/// **What is the same as in a queue on disk.** A pushed message is handled at least once, by all handlers in the order of their
/// registration, messages in the order in which they were pushed. Its effects on the store (points, cells, further messages)
/// are there exactly once. Injected messages go first, and are lost at exit.
///
/// **What differs, and why.** The hub's thread is synchronous, so a message is handled in the turn that pushes it: the point
/// that caused it, what all handlers made of it, and that it is done are one batch, thus one commit. There is nothing between
/// them for a crash to hit. Therefore
/// - such a message is never written. It is written (`Batch.events`) only when it outlives its turn: the reactor is stopped, or
///   the turn's `itemsPerTurn` are used up. Then it is removed (`Batch.handledEvents`) in the batch of its effects;
/// - no table says how far each handler has come. A crash within handler 2 of 3 takes the effects of handler 1 with it, as they
///   were in the same batch; after the restart all three get the message again if it was on disk, and the store sees one effect
///   of each. If it was not, then neither is what caused it;
/// - `push` does not wait for the disk. Who has to know that a message survives asks `Hub.whenDurable` after it: from then on
///   the message or all its effects are on disk;
/// - a handler that is switched off misses messages, and needs none kept for it.
package final class Reactor: AlarmHandler {
    /// Messages that may wait to be handled and are not stored.
    package static let maximumInjected = 10_000
    /// Messages and timeouts that one turn of the hub handles; the rest waits for the next, so that messages which cause each
    /// other for ever keep nobody waiting.
    package static let itemsPerTurn = 1_000

    private static let maximumID = Int64.max / 2

    private struct Waiting {
        let message: Message
        /// Its row is in the store or in a batch.
        var isWritten: Bool
    }

    private let handlers: [any ReactorHandler]
    private let logger: Logger
    // Every method that touches it takes the hub as isolated parameter, so only the hub's thread does.
    nonisolated(unsafe) private var state = State()

    private struct State {
        var waiting = Deque<Waiting>()
        /// How many at the end of `waiting` are not written.
        var unwritten = 0
        var injected = Deque<Message>()
        var nextID: Int64 = 1
        var isStarted = false
        var isStopped = false
        var isHandling = false
        var budget = Budget()
        /// What is set at the hub.
        var alarm: Int64?
        var counts = Statistics()
    }

    private struct Budget {
        var turn = -1
        var left = 0
    }

    /// - Parameter handlers: in the order in which they get each message.
    package init(_ handlers: [any ReactorHandler], logger: Logger) {
        self.handlers = handlers
        self.logger = logger
        state.counts.handlers = handlers.map { HandlerStatistics(name: $0.name) }
    }

    /// Boots the handlers, then handles what an earlier process left. The first thing that happens in a hub.
    package func start(in hub: isolated Hub) {
        guard !state.isStarted else { return }
        for handler in handlers { handler.attach(to: self, in: hub) }
        restore(from: hub.store)
        state.isHandling = true
        for index in handlers.indices {
            attempt(index, nil, in: hub) { try handlers[index].boot(in: hub) }
        }
        state.isHandling = false
        state.isStarted = true
        proceed(in: hub)
    }

    private func restore(from store: Store) {
        do {
            let events = try store.events()
            let newest = events.last?.id ?? 0
            // A greater one was written by nobody.
            state.nextID = newest < Self.maximumID ? newest + 1 : 1
            state.counts.restored = events.count
            for event in events {
                let message = Message(id: event.id, body: event.body, time: event.time)
                state.waiting.append(Waiting(message: message, isWritten: true))
            }
        } catch {
            logger.error("messages of the last run cannot be read", metadata: ["error": "\(error)"])
        }
    }

    /// Handles a message, now if nothing is in the way. Inside a handler: after this message.
    package func push(_ body: JSON, in hub: isolated Hub) throws(Refusal) {
        if let fault = body.storageFault() { throw .notStorable(fault) }
        state.waiting.append(
            Waiting(message: Message(id: state.nextID, body: body, time: hub.clock.now), isWritten: false))
        state.unwritten += 1
        state.nextID += 1
        state.counts.pushed += 1
        proceed(in: hub)
    }

    /// Handles a message before all that were pushed; it is never stored.
    package func inject(_ body: JSON, in hub: isolated Hub) throws(Refusal) {
        guard state.injected.count < Self.maximumInjected else {
            state.counts.refused += 1
            throw .tooMany
        }
        state.injected.append(Message(id: nil, body: body, time: hub.clock.now))
        state.counts.injected += 1
        proceed(in: hub)
    }

    /// Begins no further message; the one that is being handled is finished by all handlers.
    package func stop(in hub: isolated Hub) {
        state.isStopped = true
        proceed(in: hub)
    }

    package func resume(in hub: isolated Hub) {
        state.isStopped = false
        proceed(in: hub)
    }

    /// Stops for good: says how many injected messages are lost by it.
    package func close(in hub: isolated Hub) {
        stop(in: hub)
        state.counts.lost += state.injected.count
        if !state.injected.isEmpty {
            logger.warning("injected messages are lost", metadata: ["reactor.lost": "\(state.injected.count)"])
        }
        state.injected.removeAll()
    }

    /// Switches a handler on again; it goes on with newer messages.
    ///
    /// - Returns: whether there is one of that name.
    @discardableResult
    package func enable(_ name: String, in hub: isolated Hub) -> Bool {
        guard let index = handlers.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return false }
        state.counts.handlers[index].isOn = true
        proceed(in: hub)
        return true
    }

    package func statistics(in hub: isolated Hub) -> Statistics {
        var statistics = state.counts
        statistics.waiting = state.waiting.count
        statistics.waitingInjected = state.injected.count
        statistics.isStopped = state.isStopped
        return statistics
    }

    /// What is due at a handler has changed.
    package func dueChanged(in hub: isolated Hub) {
        if state.isStarted, !state.isHandling { setAlarm(in: hub) }
    }

    package func alarm(in hub: isolated Hub) {
        state.alarm = nil
        proceed(in: hub)
    }

    /// Handles what can be handled in this turn; what is left is written.
    private func proceed(in hub: isolated Hub) {
        guard !state.isHandling else { return }
        if state.isStarted {
            state.isHandling = true
            while !state.isStopped, spend(in: hub), handleNext(in: hub) {}
            state.isHandling = false
            setAlarm(in: hub)
        }
        writeRest(in: hub)
    }

    private func spend(in hub: isolated Hub) -> Bool {
        if state.budget.turn != hub.turn { state.budget = Budget(turn: hub.turn, left: Self.itemsPerTurn) }
        state.budget.left -= 1
        return state.budget.left >= 0
    }

    /// - Returns: false where there was nothing to do.
    private func handleNext(in hub: isolated Hub) -> Bool {
        if let message = state.injected.popFirst() {
            deliver(message, in: hub)
        } else if !handleDue(in: hub) {
            guard let next = state.waiting.popFirst() else { return false }
            if !next.isWritten { state.unwritten -= 1 }
            deliver(next.message, in: hub)
            if next.isWritten, let id = next.message.id { hub.append(handled: id) }
        }
        return true
    }

    private func deliver(_ message: Message, in hub: isolated Hub) {
        for index in handlers.indices where state.counts.handlers[index].isOn {
            state.counts.handlers[index].handled += 1
            attempt(index, message.body, in: hub) { try handlers[index].handle(message, in: hub) }
        }
        state.counts.handled += 1
    }

    private func handleDue(in hub: isolated Hub) -> Bool {
        for index in handlers.indices where state.counts.handlers[index].isOn {
            var didSomething = false
            attempt(index, nil, in: hub) { didSomething = try handlers[index].handleDue(in: hub) }
            if didSomething { return true }
        }
        return false
    }

    private func attempt(_ index: Int, _ message: JSON?, in hub: isolated Hub, _ body: () throws -> Void) {
        do {
            try body()
        } catch {
            let name = handlers[index].name
            state.counts.handlers[index].isOn = false
            state.counts.handlers[index].error = "\(error)"
            logger.error("a handler threw and is off", metadata: ["handler": "\(name)", "error": "\(error)"])
            hub.record(
                DeadLetter(
                    topic: "reactor/\(name)", payload: message?.bytes ?? [], reason: "\(error)",
                    time: hub.clock.now))
        }
    }

    private func writeRest(in hub: isolated Hub) {
        guard state.unwritten > 0 else { return }
        for index in state.waiting.indices.suffix(state.unwritten) {
            let message = state.waiting[index].message
            state.waiting[index].isWritten = true
            guard let id = message.id else { continue }
            hub.append(event: QueuedEvent(id: id, body: message.body, time: message.time))
        }
        state.counts.written += state.unwritten
        state.unwritten = 0
    }

    private func setAlarm(in hub: isolated Hub) {
        let time = state.isStopped ? nil : nextDue(in: hub)
        guard time != state.alarm else { return }
        state.alarm = time
        hub.setAlarm(at: time, for: self)
    }

    private func nextDue(in hub: isolated Hub) -> Int64? {
        if !state.injected.isEmpty || !state.waiting.isEmpty { return hub.clock.monotonic }
        return handlers.indices.lazy.filter { self.state.counts.handlers[$0].isOn }
            .compactMap { self.handlers[$0].nextDue(in: hub) }.min()
    }
}
