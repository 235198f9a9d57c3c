import Komoku

/// What has to hold for some time before it fires: a trigger of a rule, of a pattern each key by itself.
struct Hold {
    struct ID: Hashable {
        /// The place of the rule.
        var rule: Int32
        let trigger: Int32
        let key: KeyName?
    }

    var id: ID
    /// What began it; it becomes the run's when it is over.
    var occasion: Occasion
    /// Over then, on the monotonic clock.
    var due: Int64
}
