package import Komoku
internal import KomokuSystem
package import Logging

/// Listens to everything that a broker carries for a while, as a client of its own without a session. Blocks its thread.
package struct DiscoveryListener {
    private let broker: Broker
    private let logger: Logger

    /// - Parameter broker: its client id is replaced by one that nobody uses.
    package init(_ broker: Broker, logger: Logger) {
        var broker = broker
        broker.clientID = "komoku-discover-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        self.broker = broker
        self.logger = logger
    }

    /// What was seen until `duration` has passed or `isStopping` says so; it is asked several times a second.
    ///
    /// Why there is nothing to tell of a broker, as a sentence.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
        /// It answers, and lets nobody in.
        package let isRefusal: Bool
    }

    /// - Parameter progress: told about once a second.
    /// - Throws: at once where nobody is there or nobody is let in, and where no connection came about in all the time.
    package func listen(
        for duration: Duration, unless isStopping: () -> Bool, progress: (DiscoverySuggestion) -> Void
    ) throws(Failure) -> DiscoverySuggestion {
        let found = Found()
        let deadline = MonotonicClock.now + duration.microseconds
        func isOver() -> Bool { isStopping() || MonotonicClock.now >= deadline }
        var keeper = ConnectionKeeper(
            Connection.Options(broker: broker, clientID: broker.clientID, keepsSession: false),
            costOfThree: "it makes no difference here", wakeUp: WakeUp(), logger: logger)
        var hasWorked = false
        while !isOver() {
            if let (connection, _) = keeper.open(callbacks(found), unless: isOver) {
                hasWorked = true
                if let failure = serve(connection, found, unless: isOver, progress) {
                    keeper.lost(failure, hasWorked: true)
                }
            }
            if !hasWorked, keeper.isHopeless { break }
            keeper.pause(unless: isOver)
        }
        if !hasWorked, !isStopping() {
            let reason = keeper.fault ?? "the broker at \(broker.address) did not answer in time"
            throw Failure(description: reason, isRefusal: reason.hasPrefix("the broker refused"))
        }
        return found.suggestion
    }

    /// What the callbacks fill.
    private final class Found {
        var suggestion = DiscoverySuggestion()
    }

    private func callbacks(_ found: Found) -> Connection.Callbacks {
        var callbacks = Connection.Callbacks()
        callbacks.message = {
            found.suggestion.take(
                String(decoding: $0.topic, as: UTF8.self), $0.payload, isRetained: $0.isRetained)
        }
        return callbacks
    }

    /// - Returns: why the connection broke; nil where the time is over.
    private func serve(
        _ connection: Connection, _ found: Found, unless isOver: () -> Bool,
        _ progress: (DiscoverySuggestion) -> Void
    ) -> Connection.Failure? {
        _ = connection.subscribe(to: ["#"], qos: 0, identifier: 1)
        let wakeUp = WakeUp()
        var nextMisc: Int64 = 0
        while !isOver() {
            if MonotonicClock.now >= nextMisc {
                nextMisc = MonotonicClock.now + 1_000_000
                if let failure = connection.misc() { return failure }
                progress(found.suggestion)
            }
            if connection.wantsToWrite, let failure = connection.write() { return failure }
            let wait: Int64 = connection.hasBuffered ? 0 : 200_000
            _ = Poll.wait(connection.socket, for: .readable, or: wakeUp, microseconds: wait)
            if let failure = Self.read(connection) { return failure }
        }
        connection.hangUp(until: MonotonicClock.now + Connection.farewell)
        return nil
    }

    private static func read(_ connection: Connection) -> Connection.Failure? {
        for _ in 0..<256 {
            switch connection.read() {
            case .packet: continue
            case .dry: return nil
            case .broken(let failure): return failure
            }
        }
        return nil
    }
}
