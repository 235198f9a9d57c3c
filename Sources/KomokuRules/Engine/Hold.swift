import Komoku

/// What has to hold for some time before it fires: a trigger of a rule, of a pattern each key by itself.
struct Hold {
    /// A trigger, and one of the keys that it is about.
    struct ID: Hashable {
        /// The offset of the rule.
        var rule: Int32
        let trigger: Int32
        let key: KeyName?

        init(_ slot: TriggerIndex.Slot, _ key: KeyName?) {
            rule = slot.rule
            trigger = slot.trigger
            self.key = key
        }
    }

    var id: ID
    /// What began it; it becomes the run's when it is over.
    var occasion: Occasion
    /// Over then, on the monotonic clock.
    var due: Int64
    /// It began before the hub started: whether it is so still, the broker may know better than the database.
    var isRestored = false
}
