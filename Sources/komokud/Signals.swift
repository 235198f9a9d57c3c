import Glibc

/// What the system asks of the daemon.
enum SignalRequest {
    case stop
    case reload
}

/// Signals taken one by one, on the thread that asks for them, instead of in handlers.
struct Signals {
    private var set = sigset_t()

    /// Blocks the signals for this thread and those that it makes: call it before any other thread exists.
    init() {
        sigemptyset(&set)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, signal) }
        pthread_sigmask(SIG_BLOCK, &set, nil)
        // A peer that closes its socket is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for the next request.
    ///
    /// - Returns: nil where none came within so many seconds.
    mutating func next(within seconds: Int? = nil) -> SignalRequest? {
        var signal: Int32 = 0
        if let seconds {
            var time = timespec(tv_sec: seconds, tv_nsec: 0)
            signal = sigtimedwait(&set, nil, &time)
            if signal < 0 { return nil }
        } else {
            sigwait(&set, &signal)
        }
        return signal == SIGHUP ? .reload : .stop
    }

    /// Whether the system asks for an end now; never waits.
    var isPending: Bool {
        var set = set
        var none = timespec(tv_sec: 0, tv_nsec: 0)
        return sigtimedwait(&set, nil, &none) > 0
    }
}
