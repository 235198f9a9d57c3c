/// Where the filters of the broker's session are remembered from one run to the next.
///
/// The broker keeps subscriptions while the hub is down, and tells nobody which. One that a mapping asked for which is gone
/// now would send its messages for ever, and those that a new mapping wants too a second time.
package struct SubscriptionMemory: Sendable {
    /// The filters that `save` was given last; none where nobody knows.
    package let load: @Sendable () -> [String]
    /// Called on the Inbox's thread whenever they change; must not wait long.
    package let save: @Sendable ([String]) -> Void

    package init(load: @escaping @Sendable () -> [String], save: @escaping @Sendable ([String]) -> Void) {
        self.load = load
        self.save = save
    }
}
