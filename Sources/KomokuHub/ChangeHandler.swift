package import Komoku

/// A part of the daemon that acts on changes on the hub's own thread: the rules, the republisher.
package protocol ChangeHandler: AnyObject, Sendable {
    /// Told of one change after another, in order, after the put that made it is applied.
    ///
    /// Puts made inside are applied at once; their changes wait until every handler has seen this one. Must not block.
    func handle(_ change: Change, in hub: isolated Hub)

    /// Told that a key went stale or recovered, in order with the changes. A recovery comes before the change that it brings.
    func handle(_ event: FreshnessEvent, in hub: isolated Hub)

    /// Told that a key was deleted, in order with the changes: it has no value any more.
    func handle(deleted key: KeyName, in hub: isolated Hub)

    /// Whether it wants to be told of a key among those that it was added for. Asked once for each key and remembered, until
    /// `Hub.forgetWatchers`; so that what concerns nobody costs nothing.
    func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool
}

extension ChangeHandler {
    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) {}
    package func handle(deleted key: KeyName, in hub: isolated Hub) {}
    package func isConcerned(by key: KeyName, _ type: KeyType, in hub: isolated Hub) -> Bool { true }
}
