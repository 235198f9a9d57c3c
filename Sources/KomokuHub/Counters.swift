package import Komoku

extension Hub {
    /// What the hub has done since it started.
    package struct Counters: Hashable, Sendable {
        /// Messages that had something for a key, and when the newest came.
        package var messages = 0
        package var lastMessage: Timestamp?
        package var puts = 0
        package var changes = 0
        /// Puts that became no point.
        package var suppressed = 0
        /// Observations and puts that were refused.
        package var refused = 0
        package var deadLetters = 0
        package var expired = 0
        /// Puts whose time is ahead, and points whose time came.
        package var future = 0
        package var due = 0
        /// Points that were dated ahead by a clock that was wrong.
        package var misdated = 0
        /// Times that a key went stale.
        package var stale = 0
        /// Observations of properties that no described device has.
        package var unknownProperties = 0
        /// Commands to devices.
        package var commands = 0
        /// Commands that were not sent, or that no report followed in time.
        package var failedCommands = 0
    }

    /// Keys that exist.
    package var keyCount: Int { table.namedCount }

    /// Subscriptions of all subscribers that are open.
    package var subscriptionCount: Int { watchers.subscriptionCount }
}
