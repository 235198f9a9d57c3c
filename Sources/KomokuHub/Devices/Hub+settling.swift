internal import Komoku

/// Whether devices are being discovered: a burst of big messages, after which for long there is nothing.
struct Settling {
    var then: (@Sendable () -> Void)?
    /// When it is quiet for long enough.
    private(set) var due: Tick?
    private var last: Tick?

    private static let quiet = Duration.seconds(5)
    private static let pause = Duration.seconds(60)

    mutating func heard(at now: Tick) {
        guard then != nil else { return }
        due = max(now + Self.quiet, last.map { $0 + Self.pause } ?? now)
    }

    /// - Returns: whether the time has come.
    mutating func isOver(at now: Tick) -> Bool {
        guard let due, due <= now else { return false }
        self.due = nil
        last = now
        return true
    }
}

extension Hub {
    /// Calls `then` on the hub's thread each time that sources spoke of devices and then were silent for five seconds; at most
    /// once a minute. Where keys were renamed, also soon after the start.
    package func whenDevicesSettle(_ then: @escaping @Sendable () -> Void) {
        settling.then = then
        // Who goes on using a name that a key had before is told even where no device says anything.
        if !formerNames.isEmpty { settling.heard(at: reading.tick) }
    }

    func settle(at now: Tick) {
        if settling.isOver(at: now) { settling.then?() }
    }
}
