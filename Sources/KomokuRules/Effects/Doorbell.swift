internal import CSpawn
internal import Glibc

/// Wakes a thread that polls.
final class Doorbell: Sendable {
    /// Readable after a ring.
    let descriptor: Int32
    private let button: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        let code = pipe2(&ends, O_CLOEXEC | O_NONBLOCK)
        precondition(code == 0, "the system has no file descriptor left")
        (descriptor, button) = (ends[0], ends[1])
    }

    deinit {
        close(descriptor)
        close(button)
    }

    /// From any thread; never blocks.
    func ring() {
        var byte: UInt8 = 0
        // A full pipe rings already.
        _ = write(button, &byte, 1)
    }

    func silence() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(descriptor, &bytes, 16) > 0 {}
    }
}
