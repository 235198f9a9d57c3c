internal import Logging

/// When it is said how much was left out, and what: once a minute, where it is more than before.
struct LossLog {
    /// Since the start.
    struct Counts: Hashable {
        var discovery: DiscoveryLosses
        /// Messages that no discovery explained in time.
        var notHeld: Int
        /// Messages that were larger than is allowed.
        var tooLarge = 0
        /// How often nothing was read for a while: the broker drops messages of QoS 0 then.
        var pauses = 0
    }

    private var said = Counts(discovery: DiscoveryLosses(), notHeld: 0)
    private var next: Int64 = 0

    private static let interval: Int64 = 60_000_000

    /// What to say now; nil is nothing.
    ///
    /// - Parameters:
    ///   - now: in microseconds of the monotonic clock.
    ///   - isLast: the hub stops, and it could not be said later.
    mutating func line(for counts: Counts, at now: Int64, isLast: Bool) -> Logger.Metadata? {
        guard counts != said, isLast || now >= next else { return nil }
        said = counts
        next = now + Self.interval
        let parts = [
            ("devices.left_out", counts.discovery.devices), ("entities.left_out", counts.discovery.entities),
            ("discovery.not_remembered", counts.discovery.notRemembered), ("messages.not_held", counts.notHeld),
            ("messages.too_large", counts.tooLarge),
            ("reading.stopped", counts.pauses),
        ]
        return Logger.Metadata(
            uniqueKeysWithValues: parts.filter { $0.1 > 0 }.map {
                ($0.0, Logger.MetadataValue(stringLiteral: "\($0.1)"))
            })
    }
}
