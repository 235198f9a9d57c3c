internal import Komoku
internal import KomokuStore
internal import KomokuSystem
package import Logging

/// Publishes to the broker, on a connection and a thread of its own, so that nothing outgoing waits for a commit and no
/// acknowledgement is written early. Says `online` and `offline` on the status topic.
package final class Outbox: Sendable {
    /// What happened since the start.
    package struct Counters: Hashable, Sendable {
        package var isConnected = false
        /// Why not; nil while it is, and while it is being tried for the first time.
        package var fault: String?
        package var published = 0
        /// Publishes that were refused or came too late.
        package var failed = 0
        package var reconnects = 0
        /// Waiting for the broker.
        package var waiting = 0
    }

    private let broker: Broker
    private let logger: Logger
    private let failures: FailureLog
    private let shared: OutboxShared
    private let line: OutboxLine
    private let thread = WorkerThread(name: "komoku-outbox")

    package init(broker: Broker, logger: Logger) {
        self.broker = broker
        self.logger = logger
        let (shared, failures) = (OutboxShared(), FailureLog(logger))
        (self.shared, self.failures) = (shared, failures)
        line = OutboxLine(shared: shared, failures: failures)
    }

    package func start() {
        do throws(SystemError) {
            try thread.start { [broker, shared, line, logger] in
                var loop = OutboxLoop(broker, shared: shared, line: line, logger: logger)
                loop.run()
            }
        } catch {
            logger.critical("nothing is published", metadata: ["error": "\(error)"])
        }
    }

    /// Publishes what waits, says `offline`, and disconnects. Blocks for that, a few seconds at most.
    package func stop() {
        shared.stop()
        if !thread.waitForEnd(seconds: 5) { logger.warning("the broker's host does not answer; not waiting for it") }
    }

    /// Publishes from any thread; never blocks.
    package func publish(_ publication: Publication) {
        let now = MonotonicClock.now
        let patience = (publication.timeout ?? broker.commandTimeout).microseconds
        let deadline = publication.kind == .command ? now.addingReportingOverflow(patience).partialValue : nil
        let fault = publication.fault
        if fault == nil, line.send(publication, deadline: deadline, at: now) { return }
        guard let reason = fault ?? shared.add(publication, deadline: deadline) else { return }
        shared.count { $0.failed += 1 }
        failures.say(publication.topic, reason)
        publication.completion?(fault == nil ? .failed(reason) : .refused(reason))
    }

    package var counters: Counters { shared.counters }
}
