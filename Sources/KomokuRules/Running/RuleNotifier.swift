package import KomokuHub

/// Where the notes of rules go. Called on the hub's thread; must not block.
package protocol RuleNotifier: AnyObject, Sendable {
    /// Takes a note over: from then on it is the notifier's to deliver. What it writes belongs to the batch of the turn.
    func notify(_ notification: Notification, run: Int64, in hub: isolated Hub) throws(OutputFailure)
}
