internal import DequeModule
internal import Glibc
internal import Komoku
internal import KomokuStore
internal import Synchronization

/// The hub's own thread: runs the actor's jobs and plain closures one after another, in the order in which they came.
///
/// A closure costs one lock and, when the thread sleeps, one wake-up; a call that awaits costs a task switch on top. After
/// each piece of work `turnEnded` runs, on this thread; it returns when the thread has to wake by itself.
package final class HubThread: SerialExecutor {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
        /// The time to wake has come.
        case nothing
    }

    private struct State {
        var queue = Deque<Work>()
        var isStopping = false
        var hasEnded = false
        var thread: NamedThread?
    }

    private let monitor = Monitor(State())
    /// The `pthread_t` of the thread, which stores it itself before its first work; 0 before.
    private let handle = Atomic<UInt>(0)
    private let name: String

    package init(name: String) {
        self.name = name
    }

    /// Starts the thread.
    ///
    /// - Parameter turnEnded: returns how long the thread may sleep; nil is until there is work.
    func start(turnEnded: @escaping @Sendable () -> Duration?) {
        guard let thread = try? NamedThread(name, { self.run(turnEnded) }) else {
            preconditionFailure("the system has no thread left")
        }
        monitor.withLock { $0.thread = thread }
    }

    /// Runs what is queued, then ends the thread; later closures are dropped. Returns when the thread has ended.
    func stop() {
        let thread = monitor.withLock { state in
            state.isStopping = true
            return state.thread.take()
        }
        monitor.signal()
        thread?.join()
    }

    func enqueue(_ closure: @escaping @Sendable () -> Void) { add(.closure(closure)) }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The runtime holds no reference to an executor: as soon as the job is queued it may end, and whoever waited for it
        // may let the hub go before its thread is woken here.
        let own = Unmanaged.passRetained(self)
        defer { own.release() }
        add(.job(UnownedJob(job)))
    }

    private func add(_ work: Work) {
        let isFirst = monitor.withLock { state in
            if state.hasEnded, case .closure = work { return false }
            state.queue.append(work)
            return state.queue.count == 1
        }
        if isFirst { monitor.signal() }
    }

    private func run(_ turnEnded: () -> Duration?) {
        handle.store(UInt(pthread_self()), ordering: .relaxed)
        var sleep: Duration?
        while let work = next(within: sleep) {
            switch work {
            case .closure(let closure): closure()
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .nothing: break
            }
            sleep = turnEnded()
        }
    }

    /// - Returns: nil when the thread shall end.
    private func next(within limit: Duration?) -> Work? {
        let deadline = limit.map { Moment.now + $0 }
        return monitor.wait { state in
            if let work = state.queue.popFirst() { return .result(work) }
            if state.isStopping {
                state.hasEnded = true
                return .result(nil)
            }
            guard let deadline, deadline <= .now else { return .until(deadline) }
            return .result(.nothing)
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "the hub was used outside its thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { handle.load(ordering: .relaxed) == UInt(pthread_self()) }
}
