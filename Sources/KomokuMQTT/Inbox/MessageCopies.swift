/// Tells the copies of one message, sent for overlapping subscriptions, from two messages.
///
/// Mosquitto 2 sends an MQTT 5 client one copy for each subscription that matches, one right after another, each with the
/// identifier of its subscription. So a message like the one before is a copy where its subscription had none of them yet.
struct MessageCopies {
    private var hash: UInt64?
    private var seen: [UInt32] = []

    /// - Parameter subscription: nil where the broker does not say; then it is no copy.
    /// - Returns: whether it is a copy of the message before.
    mutating func isCopy(_ hash: UInt64, subscription: UInt32?) -> Bool {
        guard let subscription else {
            self.hash = nil
            return false
        }
        if hash == self.hash, !seen.contains(subscription) {
            seen.append(subscription)
            return true
        }
        self.hash = hash
        seen = [subscription]
        return false
    }

    /// A connection begins.
    mutating func reset() {
        hash = nil
    }
}
