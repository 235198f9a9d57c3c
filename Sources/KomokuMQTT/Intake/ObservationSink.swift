package import KomokuStore

/// Where observations go: the hub, or a test in its place. None of these waits.
package protocol ObservationSink: Sendable {
    /// Takes observations, in order.
    func take(_ intake: Intake)
    /// Commits all that was taken before; `then` is called on some thread.
    func whenDurable(_ then: @escaping @Sendable (Store.CommitOutcome) -> Void)
    /// Whether more can be taken: what waits is bounded, in bytes.
    var hasRoom: Bool { get }
    /// Whether all that was taken is committed by now, whoever asked for it; asks for nothing. Often asked.
    func isDurable() -> Bool
}
