internal import Glibc
internal import Synchronization

/// A thread for calls that block, such as looking up a host.
final class WorkerThread: Sendable {
    private let name: String
    private let isStarted = Atomic(false)
    private let ended = WakeUp()

    /// - Parameter name: as `ps -L` shows it, at most 15 bytes.
    init(name: String) {
        self.name = name
    }

    /// Runs `body` once, on a thread of its own. Later calls do nothing.
    func start(_ body: @escaping @Sendable () -> Void) {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        let box = Unmanaged.passRetained(
            Body { [self] in
                showName()
                body()
                ended.signal()
            })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        precondition(code == 0, "the system has no thread left")
        pthread_detach(thread)
    }

    /// Waits until the thread has ended.
    ///
    /// - Returns: false where it has not: it hangs in a call of the system, and is left behind.
    func waitForEnd(seconds: Int) -> Bool {
        guard isStarted.load(ordering: .relaxed) else { return true }
        var descriptor = pollfd(fd: ended.descriptor, events: Int16(POLLIN), revents: 0)
        // The event is not cleared: everybody who waits, also later, sees it.
        return poll(&descriptor, 1, Int32(seconds * 1000)) > 0
    }

    private func showName() {
        let file = open("/proc/thread-self/comm", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, name, min(name.utf8.count, 15))
        close(file)
    }

    /// Carries a closure through a C pointer.
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
}
