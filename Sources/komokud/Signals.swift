import Glibc
import KomokuSystem

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
        // Whoever started the hub may ignore it; then nobody would learn how programs of rules ended.
        signal(SIGCHLD, SIG_DFL)
    }

    /// Waits for the next request.
    ///
    /// - Returns: nil where none came within so many seconds.
    mutating func next(within seconds: Int? = nil) -> SignalRequest? {
        var signal: Int32 = 0
        if let seconds {
            guard let found = wait(seconds) else { return nil }
            signal = found
        } else {
            sigwait(&set, &signal)
        }
        return signal == SIGHUP ? .reload : .stop
    }

    /// Other signals, such as the end of a program that a rule ran, interrupt the wait.
    private mutating func wait(_ seconds: Int) -> Int32? {
        let end = Self.now + seconds
        while true {
            var time = timespec(tv_sec: max(0, end - Self.now), tv_nsec: 0)
            let signal = sigtimedwait(&set, nil, &time)
            if signal > 0 { return signal }
            if errno != EINTR || Self.now >= end { return nil }
        }
    }

    /// Seconds of a clock that is never set.
    private static var now: Int { Int(MonotonicClock.now / 1_000_000) }

    /// Whether the system asks for an end now; never waits.
    var isPending: Bool {
        var set = set
        var none = timespec(tv_sec: 0, tv_nsec: 0)
        return sigtimedwait(&set, nil, &none) > 0
    }
}
