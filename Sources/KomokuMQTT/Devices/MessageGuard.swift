internal import Komoku

/// Tells old and repeated messages of a device from new ones by the stamp that they carry: a time or a counter of the
/// device's own. Belongs to its source's device, on the Inbox's thread.
package final class MessageGuard {
    package enum Stamp: Sendable {
        /// ISO 8601 or milliseconds since 1970 (seconds, where the number is small).
        case time
        /// Only repeats are told: a counter may start again.
        case counter
    }

    package enum Verdict: Hashable, Sendable {
        case fresh
        /// The same bytes with the same stamp as the message before.
        case repeated
        /// Older than the newest known: it changes nothing.
        case old
    }

    /// Where the stamp stands in the payload.
    package let path: String
    private let stamp: Stamp
    private var newest: Double?
    private var lastMessage: Int?

    package init(path: String, _ stamp: Stamp) {
        self.path = path
        self.stamp = stamp
    }

    /// - Parameters:
    ///   - text: the leaf at `path`; nil where the message carries no stamp.
    ///   - message: a hash of the payload.
    package func judge(_ text: String?, message: Int) -> Verdict {
        guard let text, let number = number(text) else {
            lastMessage = nil
            return .fresh
        }
        defer { lastMessage = message }
        if message == lastMessage { return .repeated }
        guard stamp == .time else { return .fresh }
        if let newest, number < newest { return .old }
        newest = number
        return .fresh
    }

    private func number(_ text: String) -> Double? {
        if let number = DecimalNumber.parse(Array(text.utf8)) { return number }
        return stamp == .time ? Timestamp(dated: text)?.seconds : nil
    }
}
