package import Komoku

/// A part of the daemon that acts on changes on the hub's own thread: the rules, the republisher.
package protocol ChangeHandler: AnyObject, Sendable {
    /// Told of one change after another, in order, after the put that made it is applied.
    ///
    /// Puts made inside are applied at once; their changes wait until every handler has seen this one. Must not block.
    func handle(_ change: Change, in hub: isolated Hub)

    /// Told that a key went stale or recovered, in order with the changes. A recovery comes before the change that it brings.
    func handle(_ event: FreshnessEvent, in hub: isolated Hub)
}

extension ChangeHandler {
    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) {}
}
