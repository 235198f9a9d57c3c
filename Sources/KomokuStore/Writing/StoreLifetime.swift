import KomokuSystem
import Synchronization

/// Ends a store once: waits for its thread, then lets the file go.
final class StoreLifetime: Sendable {
    private let thread: NamedThread
    private let lock: Mutex<FileLock?>
    private let isJoined = Mutex(false)

    init(thread: NamedThread, lock: consuming FileLock?) {
        self.thread = thread
        self.lock = Mutex(lock)
    }

    func end() {
        // A waiter may close the store: its own thread cannot wait for itself.
        if thread.isCurrent { return }
        isJoined.withLock { isJoined in
            guard !isJoined else { return }
            thread.join()
            isJoined = true
        }
        lock.withLock { $0 = nil }
    }
}
