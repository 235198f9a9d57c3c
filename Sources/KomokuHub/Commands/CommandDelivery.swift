package import Komoku
internal import Synchronization

/// What becomes of a message that a put sends to a device: first whether the broker has it, then whether it failed after all.
package final class CommandDelivery: Sendable {
    package enum State: Hashable, Sendable {
        /// Nobody can take it yet, or has said that he has it.
        case waiting
        /// The broker has it.
        case sent
        case failed(CommandRefusal)
    }

    private struct Inner {
        var state = State.waiting
        var later: CommandRefusal?
        var whenKnown: [@Sendable (CommandRefusal?) -> Void] = []
        var whenFailedLater: [@Sendable (CommandRefusal) -> Void] = []
        var outcome: CommandOutcome?
        var whenEnded: [@Sendable (CommandOutcome) -> Void] = []
    }

    package let key: KeyName
    /// There is no connection yet on which it could go.
    package let waitsForConnection: Bool
    private let inner = Mutex(Inner())

    init(_ key: KeyName, waitsForConnection: Bool) {
        self.key = key
        self.waitsForConnection = waitsForConnection
    }

    package var state: State { inner.withLock { $0.state } }

    /// Nil is that the broker has it, or that a newer command took its place.
    func end(_ fault: CommandRefusal?) {
        let calls: [@Sendable () -> Void] = inner.withLock { inner in
            switch (inner.state, fault) {
            case (.waiting, _):
                inner.state = fault.map(State.failed) ?? .sent
                defer { inner.whenKnown = [] }
                return inner.whenKnown.map { call in { call(fault) } }
            case (.sent, let fault?) where inner.later == nil:
                inner.later = fault
                defer { inner.whenFailedLater = [] }
                return inner.whenFailedLater.map { call in { call(fault) } }
            default: return []
            }
        }
        for call in calls { call() }
    }

    /// It has ended: the device has reported, or never will.
    ///
    /// - Parameter isSuperseded: a newer command took its place, which is no failure for whoever only sends.
    func finish(_ outcome: CommandOutcome, isSuperseded: Bool = false) {
        if case .failed(let reason) = outcome, !isSuperseded { end(CommandRefusal(reason)) } else { end(nil) }
        let calls: [@Sendable (CommandOutcome) -> Void] = inner.withLock { inner in
            guard inner.outcome == nil else { return [] }
            inner.outcome = outcome
            defer { inner.whenEnded = [] }
            return inner.whenEnded
        }
        for call in calls { call(outcome) }
    }

    /// Calls `then` once the device has reported, or it is known that it will not; at once where that is so.
    package func whenEnded(_ then: @escaping @Sendable (CommandOutcome) -> Void) {
        let outcome = inner.withLock { inner in
            if inner.outcome == nil { inner.whenEnded.append(then) }
            return inner.outcome
        }
        if let outcome { then(outcome) }
    }

    /// Calls `then` once it is known whether the broker has it; at once where it is.
    package func whenKnown(_ then: @escaping @Sendable (CommandRefusal?) -> Void) {
        let known: State = inner.withLock { inner in
            if inner.state == .waiting { inner.whenKnown.append(then) }
            return inner.state
        }
        switch known {
        case .waiting: break
        case .sent: then(nil)
        case .failed(let fault): then(fault)
        }
    }

    /// Calls `then` if it fails though the broker has it: nothing was reported.
    package func whenFailedLater(_ then: @escaping @Sendable (CommandRefusal) -> Void) {
        let later: CommandRefusal? = inner.withLock { inner in
            if inner.later == nil { inner.whenFailedLater.append(then) }
            return inner.later
        }
        if let later { then(later) }
    }
}

/// Sends what is put to keys that are no device's to topics of the configuration.
package protocol PutSender: AnyObject, Sendable {
    /// Whether messages can go out now.
    var isReady: Bool { get }

    /// Sends a value that was put.
    ///
    /// - Parameter sent: called once for each message, on any thread, once it is with the broker or cannot be; nil is when
    ///   nobody asks.
    /// - Returns: how many messages.
    func send(_ value: Value, putTo key: KeyName, sent: (@Sendable (CommandRefusal?) -> Void)?) -> Int
}

extension Hub {
    /// Who sends what is put to keys that are no device's; nil is nobody.
    package func setPutSender(_ sender: (any PutSender)?) { commanding.putSender = sender }

    /// How long a command may wait for the broker and its device.
    package var commandTimeout: Duration { commanding.timeout }

    /// Does `body` and tells what it sent to devices.
    package func sending(_ body: () throws(CommandError) -> Void) throws(CommandError) -> [CommandDelivery] {
        let outer = commanding.deliveries
        commanding.deliveries = []
        defer { commanding.deliveries = outer }
        try body()
        return commanding.deliveries ?? []
    }

    /// A delivery that whoever puts now is told of; nil where he does not ask.
    func beginDelivery(of key: KeyName, isReady: Bool) -> CommandDelivery? {
        guard commanding.deliveries != nil else { return nil }
        let delivery = CommandDelivery(key, waitsForConnection: !isReady)
        commanding.deliveries?.append(delivery)
        return delivery
    }

    /// Sends what was put to a key that is no device's.
    func send(_ value: Value, putTo index: Int) {
        guard let sender = commanding.putSender else { return }
        let key = table[index].name
        guard commanding.deliveries != nil else {
            _ = sender.send(value, putTo: key, sent: nil)
            return
        }
        let delivery = CommandDelivery(key, waitsForConnection: !sender.isReady)
        // Where it is several messages, one that fails is enough; the last that goes is the end.
        let left = Countdown()
        let count = sender.send(value, putTo: key) { fault in
            if let fault { return delivery.finish(.failed(fault.description)) }
            if left.add(-1) == 0 { delivery.finish(.sent) }
        }
        if count == 0 { return }
        if left.add(count) == 0 { delivery.finish(.sent) }
        commanding.deliveries?.append(delivery)
    }
}

/// Below zero while messages went before it was known how many there are.
private final class Countdown: Sendable {
    private let count = Mutex(0)

    func add(_ number: Int) -> Int {
        count.withLock { count in
            count += number
            return count
        }
    }
}
