internal import Synchronization

/// A thread for calls that block, such as looking up a host. Nobody has to wait for its end, and who does, not for ever.
package final class WorkerThread: Sendable {
    private let name: String
    private let isStarted = Atomic(false)
    private let ended = WakeUp()

    /// - Parameter name: as `ps -L` shows it, at most 15 bytes.
    package init(name: String) {
        self.name = name
    }

    /// Runs `body` once, on a thread of its own. Later calls do nothing.
    ///
    /// - Throws: where the system has no thread left.
    package func start(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        guard !isStarted.exchange(true, ordering: .relaxed) else { return }
        do throws(SystemError) {
            let thread = try NamedThread(name) { [self] in
                body()
                ended.signal()
            }
            thread.detach()
        } catch {
            isStarted.store(false, ordering: .relaxed)
            throw error
        }
    }

    /// Waits until the thread has ended.
    ///
    /// - Returns: false where it has not: it hangs in a call of the system, and is left behind.
    package func waitForEnd(seconds: Int) -> Bool {
        guard isStarted.load(ordering: .relaxed) else { return true }
        // The signal is not cleared: everybody who waits, also later, sees it.
        return ended.isSignalled(within: Int64(seconds) * 1_000_000)
    }
}
