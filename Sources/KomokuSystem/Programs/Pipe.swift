internal import CSpawn
internal import Glibc

/// A pipe between the hub and a program; both ends close on exec, ours does not block.
struct Pipe {
    let ours: Int32
    let theirs: Int32

    /// - Parameter writes: the program does.
    init(programWrites writes: Bool) throws(ProgramFailure) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw Self.noneLeft }
        (ours, theirs) = writes ? (ends[0], Self.raised(ends[1])) : (ends[1], Self.raised(ends[0]))
        guard theirs >= 0 else {
            close(ours)
            throw Self.noneLeft
        }
        _ = fcntl(ours, F_SETFL, O_NONBLOCK)
    }

    private static let noneLeft = ProgramFailure("the hub has no file descriptor left")

    /// Above the numbers that programs are given, so that giving one does not close another.
    private static func raised(_ descriptor: Int32) -> Int32 {
        defer { close(descriptor) }
        return fcntl(descriptor, F_DUPFD_CLOEXEC, 10)
    }
}
