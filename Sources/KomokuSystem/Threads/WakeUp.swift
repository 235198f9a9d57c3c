internal import CSpawn
internal import Glibc
internal import Synchronization

/// Wakes a thread that polls: an eventfd.
///
/// Where the system has no descriptor left, those who wait look every 20 ms whether there was a signal: slower, and nobody fails.
package final class WakeUp: Sendable {
    /// Negative where the system had none left.
    package let descriptor: Int32
    private let flag = Atomic(false)

    /// How often a thread looks that no descriptor can wake, in microseconds.
    static let blindInterval: Int64 = 20_000

    package convenience init() {
        self.init(descriptor: eventfd(0, Int32(bitPattern: UInt32(EFD_NONBLOCK) | UInt32(EFD_CLOEXEC))))
    }

    /// - Parameter descriptor: of an eventfd, which is closed at the end; negative for none.
    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// From any thread; never blocks.
    package func signal() {
        if descriptor >= 0 {
            eventfd_write(descriptor, 1)
        } else {
            flag.store(true, ordering: .releasing)
        }
    }

    package func clear() {
        if descriptor >= 0 {
            var count: eventfd_t = 0
            eventfd_read(descriptor, &count)
        } else {
            flag.store(false, ordering: .relaxed)
        }
    }

    /// Waits for a signal, which stays.
    ///
    /// - Parameter microseconds: the longest wait.
    package func isSignalled(within microseconds: Int64) -> Bool {
        let end = MonotonicClock.now + max(0, microseconds)
        repeat {
            var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
            if Poll.wait(&descriptors, for: self, microseconds: end - MonotonicClock.now) { return true }
        } while MonotonicClock.now < end
        return false
    }

    /// Whether a signal came that no descriptor shows.
    var isFlagged: Bool { descriptor < 0 && flag.load(ordering: .acquiring) }
}
