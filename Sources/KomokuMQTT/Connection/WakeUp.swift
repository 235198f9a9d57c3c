internal import CMosquitto
internal import Glibc

/// Wakes a thread that polls: an eventfd.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(bitPattern: UInt32(EFD_NONBLOCK) | UInt32(EFD_CLOEXEC)))
        precondition(descriptor >= 0, "the system has no file descriptor left")
    }

    deinit {
        close(descriptor)
    }

    /// From any thread; never blocks.
    func signal() {
        eventfd_write(descriptor, 1)
    }

    func clear() {
        var count: eventfd_t = 0
        eventfd_read(descriptor, &count)
    }
}

/// Moments that nobody can set, for lengths of time.
enum MonotonicClock {
    /// Microseconds since some start.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

/// Waits for descriptors.
enum Poll {
    struct Events: OptionSet {
        let rawValue: Int16
        static let readable = Events(rawValue: Int16(POLLIN))
        static let writable = Events(rawValue: Int16(POLLOUT))
        /// The peer is gone; always reported.
        static let broken = Events(rawValue: Int16(POLLHUP) | Int16(POLLERR) | Int16(POLLNVAL))
    }

    /// Waits for events of a socket (none where it is negative) or a wake-up, which is then cleared.
    ///
    /// - Parameter microseconds: the longest wait, rounded up to milliseconds.
    static func wait(_ socket: Int32, for events: Events, or wakeUp: WakeUp, microseconds: Int64) -> Events {
        var descriptors = [
            pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket, events: events.rawValue, revents: 0),
        ]
        let milliseconds = Int32(clamping: (max(0, microseconds) + 999) / 1000)
        guard poll(&descriptors, 2, milliseconds) > 0 else { return [] }
        if descriptors[0].revents != 0 { wakeUp.clear() }
        return Events(rawValue: descriptors[1].revents)
    }
}
