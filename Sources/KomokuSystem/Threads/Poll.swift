package import Glibc

/// Waits for descriptors.
package enum Poll {
    package struct Events: OptionSet, Sendable {
        package let rawValue: Int16
        package init(rawValue: Int16) { self.rawValue = rawValue }
        package static let readable = Events(rawValue: Int16(POLLIN))
        package static let writable = Events(rawValue: Int16(POLLOUT))
        /// The peer is gone; always reported.
        package static let broken = Events(rawValue: Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL))
    }

    /// Waits for events of a socket (none where it is negative) or a wake-up, which is then cleared.
    ///
    /// - Parameter microseconds: the longest wait, rounded up to milliseconds.
    package static func wait(
        _ socket: Int32, for events: Events, or wakeUp: WakeUp, microseconds: Int64
    ) -> Events {
        let own = pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)
        let peer = pollfd(fd: socket, events: events.rawValue, revents: 0)
        if wakeUp.descriptor >= 0 {
            // As for every message that comes alone: without an array.
            var pair = (own, peer)
            let milliseconds = Int32(clamping: (max(0, microseconds) + 999) / 1000)
            let count = withUnsafeMutablePointer(to: &pair) { pair in
                pair.withMemoryRebound(to: pollfd.self, capacity: 2) { poll($0, 2, milliseconds) }
            }
            guard count > 0 else { return [] }
            if pair.0.revents != 0 { wakeUp.clear() }
            return Events(rawValue: pair.1.revents)
        }
        var descriptors = [own, peer]
        if wait(&descriptors, for: wakeUp, microseconds: microseconds) { wakeUp.clear() }
        return Events(rawValue: descriptors[1].revents)
    }

    /// Waits for any of some descriptors, of which the first one is the wake-up's. Negative ones are passed over.
    ///
    /// - Parameter microseconds: the longest wait, rounded up to milliseconds; nil is no limit.
    /// - Returns: whether there was a signal. It is not cleared.
    package static func wait(_ descriptors: inout [pollfd], for wakeUp: WakeUp, microseconds: Int64?) -> Bool {
        guard wakeUp.descriptor < 0 else {
            let milliseconds = microseconds.map { Int32(clamping: (max(0, $0) + 999) / 1000) } ?? -1
            return poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 && descriptors[0].revents != 0
        }
        let end = microseconds.map { MonotonicClock.now + max(0, $0) } ?? .max
        while !wakeUp.isFlagged {
            let left = min(WakeUp.blindInterval, end - MonotonicClock.now)
            let milliseconds = Int32(clamping: (max(0, left) + 999) / 1000)
            if poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 || left <= 0 { break }
        }
        return wakeUp.isFlagged
    }
}
