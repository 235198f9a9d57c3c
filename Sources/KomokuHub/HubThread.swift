internal import DequeModule
internal import Glibc
internal import Komoku

/// The hub's own thread: runs the actor's jobs and plain closures one after another, in the order in which they came.
///
/// A closure costs one lock and, when the thread sleeps, one wake-up; a call that awaits costs a task switch on top. After
/// each piece of work `turnEnded` runs, on this thread; it returns when the thread has to wake by itself.
package final class HubThread: SerialExecutor, @unchecked Sendable {
    // @unchecked: `mutex` guards `queue` and `isStopped`; `handle` is written once, before the thread's first work.
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue = Deque<Work>()
    private var isStopped = false
    private var thread = pthread_t()
    private let name: String

    package init(name: String) {
        self.name = name
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // Monotonic: a wait must not end early or late because somebody set the clock.
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Starts the thread.
    ///
    /// - Parameter turnEnded: returns how long the thread may sleep; nil is until there is work.
    func start(turnEnded: @escaping @Sendable () -> Duration?) {
        let body = Unmanaged.passRetained(Body { self.run(turnEnded) })
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, body.toOpaque())
        precondition(code == 0, "the system has no thread left")
    }

    /// Runs what is queued, then ends the thread; later work is dropped. Returns when the thread has ended.
    func stop() {
        pthread_mutex_lock(mutex)
        let first = !isStopped
        isStopped = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
        if first { pthread_join(thread, nil) }
    }

    func enqueue(_ closure: @escaping @Sendable () -> Void) { add(.closure(closure)) }

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    private func add(_ work: Work) {
        pthread_mutex_lock(mutex)
        queue.append(work)
        if queue.count == 1 { pthread_cond_signal(condition) }
        pthread_mutex_unlock(mutex)
    }

    private func run(_ turnEnded: () -> Duration?) {
        nameThread()
        var sleep: Duration?
        while let work = next(within: sleep) {
            switch work {
            case .closure(let closure): closure()
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case nil: break
            }
            sleep = turnEnded()
        }
    }

    /// Shows the name in `ps -L` and in debuggers; the call for it is not in Swift's C library.
    private func nameThread() {
        let file = open("/proc/thread-self/comm", O_WRONLY)
        guard file >= 0 else { return }
        _ = write(file, name, min(name.utf8.count, 15))
        close(file)
    }

    /// The next work; `.some(nil)` when the time is up, nil when the thread shall end.
    private func next(within limit: Duration?) -> Work?? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let deadline = limit.map(Self.monotonic(after:))
        while queue.isEmpty {
            if isStopped { return nil }
            guard var deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return .some(nil) }
        }
        return queue.popFirst()
    }

    private static func monotonic(after duration: Duration) -> timespec {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let micros = max(0, duration.microseconds)
        time.tv_sec += Int(micros / 1_000_000)
        time.tv_nsec += Int(micros % 1_000_000) * 1000
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_sec += 1
            time.tv_nsec -= 1_000_000_000
        }
        return time
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "the hub was used outside its thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { pthread_equal(thread, pthread_self()) != 0 }

    /// Carries a closure through a C pointer.
    private final class Body {
        let run: () -> Void
        init(_ run: @escaping () -> Void) { self.run = run }
    }
}
