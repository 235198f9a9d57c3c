package import Komoku

/// A part of the daemon that acts on changes on the hub's own thread: the rules, the republisher.
package protocol ChangeHandler: AnyObject, Sendable {
    /// Told of one change after another, in order, after the put that made it is applied.
    ///
    /// Puts made inside are applied at once; their changes wait until every handler has seen this one. Must not block.
    func handle(_ change: Change, in hub: isolated Hub)
}
