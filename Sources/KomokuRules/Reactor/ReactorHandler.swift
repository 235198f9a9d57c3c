package import KomokuHub

/// A part of the daemon to which the reactor gives its messages, on the hub's thread.
///
/// What a handler writes into the hub's batch is committed together with the message that caused it. A handler that throws is
/// switched off until it is enabled or the hub restarts; what it wrote before stays. Must not block, and must not ask the hub
/// to commit (`whenDurable`): that would split the batch.
package protocol ReactorHandler: AnyObject, Sendable {
    /// For statistics and dead letters; unique among the handlers of a reactor.
    var name: String { get }

    /// Called once, before anything else.
    func attach(to reactor: Reactor, in hub: isolated Hub)

    /// The hub has started; comes before any message.
    func boot(in hub: isolated Hub) throws

    func handle(_ message: Reactor.Message, in hub: isolated Hub) throws

    /// When something of its own is due next, by the hub's monotonic clock; nil is never. Asked after each message.
    func nextDue(in hub: isolated Hub) -> Int64?

    /// Does the first thing that is due, by itself.
    ///
    /// - Returns: false where nothing was due.
    func handleDue(in hub: isolated Hub) throws -> Bool
}

extension ReactorHandler {
    package func attach(to reactor: Reactor, in hub: isolated Hub) {}
    package func boot(in hub: isolated Hub) throws {}
    package func nextDue(in hub: isolated Hub) -> Int64? { nil }
    package func handleDue(in hub: isolated Hub) throws -> Bool { false }
}
