package import Komoku

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
    /// In seconds since 1970, where it is a time.
    private var newest: Double?
    /// The last message that was old, by its stamp and its arrival.
    private var lastOld: (stamp: Double, arrival: Double)?
    private var lastMessage: Int?

    package init(path: String, _ stamp: Stamp) {
        self.path = path
        self.stamp = stamp
    }

    /// How far a device's clock may be ahead of the hub's.
    private static let tolerance = 60.0

    /// - Parameters:
    ///   - text: the leaf at `path`; nil where the message carries no stamp.
    ///   - message: a hash of the payload; asked for only where there is a stamp.
    ///   - time: of its arrival.
    package func judge(_ text: String?, message: @autoclosure () -> Int, at time: Timestamp) -> Verdict {
        guard let text, let number = number(text) else {
            lastMessage = nil
            return .fresh
        }
        let message = message()
        defer { lastMessage = message }
        if message == lastMessage { return .repeated }
        guard stamp == .time else { return .fresh }
        if isOld(number, at: time.seconds) { return .old }
        newest = number
        lastOld = nil
        return .fresh
    }

    /// A clock that was ahead and is put right, or that starts again behind, would make everything old for as long as it was
    /// wrong: so a stamp ahead of the hub's clock does not count, nor one from which a clock runs on regularly.
    private func isOld(_ stamp: Double, at arrival: Double) -> Bool {
        guard let newest, stamp < newest, newest <= arrival + Self.tolerance else { return false }
        defer { lastOld = (stamp, arrival) }
        guard let lastOld, arrival - lastOld.arrival >= Self.regular else { return true }
        let (passed, ran) = (arrival - lastOld.arrival, stamp - lastOld.stamp)
        return abs(passed - ran) > max(2, passed * 0.1)
    }

    /// Messages that a broker sends late come together: these are further apart.
    private static let regular = 5.0

    private func number(_ text: String) -> Double? {
        if let number = DecimalNumber.parse(Array(text.utf8)) {
            // Milliseconds; one clock may be told in either way, one after the other.
            return stamp == .time && number > 1e11 ? number / 1000 : number
        }
        return stamp == .time ? Timestamp(dated: text)?.seconds : nil
    }
}
