import Glibc

/// Says when to stop: at SIGTERM, at SIGINT, and when the process that started this one is gone.
struct Lifeline {
    private var signals = sigset_t()
    private let parent = getppid()

    /// Keeps the two signals back; from here on they are only asked for.
    init() {
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigprocmask(SIG_BLOCK, &signals, nil)
    }

    mutating func isCut() -> Bool {
        var now = timespec()
        return sigtimedwait(&signals, nil, &now) > 0 || getppid() != parent
    }
}
