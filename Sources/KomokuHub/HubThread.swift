internal import DequeModule
internal import Glibc
internal import Komoku
internal import KomokuStore
internal import KomokuSystem
internal import Synchronization

/// The hub's own thread: runs the actor's jobs and plain closures one after another, in the order in which they came.
///
/// A closure costs one lock and, when the thread sleeps, one wake-up; a call that awaits costs a task switch on top. After
/// each piece of work `turnEnded` runs, on the same thread; it returns when the thread has to wake by itself.
///
/// Whoever brings little and would only wait for the thread to wake can lend it its own: `run` does the work at once where
/// nothing else runs or waits.
package final class HubThread: SerialExecutor {
    private enum Work {
        case job(UnownedJob)
        case closure(@Sendable () -> Void)
        /// The first of `pieces`.
        case piece(@Sendable () -> Bool)
        /// The time to wake has come.
        case nothing
    }

    private struct State {
        var queue = Deque<Work>()
        /// What is done in pieces, behind each other: the messages of a broker. In a flood it and `queue` have as much time each.
        var pieces = Deque<@Sendable () -> Bool>()
        /// How long what is in `queue` goes first.
        var queueEnd: Moment?
        /// Some thread, ours or a lent one, is at work.
        var isBusy = false
        /// When the hub has something to do by itself.
        var deadline: Moment?
        /// Until when our thread sleeps; nil is until it is woken.
        var sleepEnd: Moment?
        var isStopping = false
        /// When what is done in pieces is given up.
        var piecesEnd: Moment?
        var hasEnded = false
        var thread: NamedThread?
        var turnEnded: (@Sendable () -> Duration?)?

        var dropped = 0

        var isEmpty: Bool { queue.isEmpty && pieces.isEmpty }

        /// What goes next; a piece stays until it says that nothing is left.
        mutating func takeNext() -> Work? {
            if let piecesEnd, !pieces.isEmpty, piecesEnd < .now {
                dropped += pieces.count
                pieces.removeAll()
            }
            guard let piece = pieces.first else { return queue.popFirst() }
            guard !queue.isEmpty, let queueEnd, .now < queueEnd else {
                queueEnd = nil
                return .piece(piece)
            }
            return queue.popFirst()
        }
    }

    private let monitor = Monitor(State())
    /// The `pthread_t` of the thread that is at work; 0 where none is.
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
        monitor.withLock { ($0.thread, $0.turnEnded) = (thread, turnEnded) }
    }

    /// Runs what is queued, then ends the thread; later closures are dropped. Returns when the thread has ended.
    ///
    /// - Parameter patience: how long what is done in pieces may take. A flood of messages takes minutes; those that count are
    ///   not acknowledged yet.
    /// - Returns: how much of that was given up.
    @discardableResult
    func stop(patience: Duration = .seconds(5)) -> Int {
        let thread = monitor.withLock { state in
            state.isStopping = true
            state.piecesEnd = .now + patience
            return state.thread.take()
        }
        monitor.signal()
        thread?.join()
        return monitor.withLock { state in
            state.turnEnded = nil
            return state.dropped
        }
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
        let mustWake = monitor.withLock { state in
            // What goes on by itself, turn after turn, must not keep the thread from its end.
            if state.isStopping, case .closure = work { return false }
            state.queue.append(work)
            return state.queue.count == 1 && state.pieces.isEmpty && !state.isBusy
        }
        if mustWake { monitor.signal() }
    }

    private func run(_ turnEnded: () -> Duration?) {
        let own = UInt(pthread_self())
        while let work = next() {
            handle.store(own, ordering: .relaxed)
            switch work {
            case .closure(let closure): closure()
            case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
            case .piece(let piece): endPiece(isDone: piece())
            case .nothing: break
            }
            let sleep = turnEnded()
            handle.store(0, ordering: .relaxed)
            let deadline = sleep.map { Moment.now + $0 }
            monitor.withLock { ($0.isBusy, $0.deadline) = (false, deadline) }
        }
    }

    private func endPiece(isDone: Bool) {
        monitor.withLock { state in
            if isDone { state.pieces.removeFirst() }
            if !state.queue.isEmpty { state.queueEnd = .now + Self.share }
        }
    }

    /// How long others go first after a piece; it takes about as long.
    private static let share = Duration.milliseconds(5)

    /// - Returns: nil when the thread shall end.
    private func next() -> Work? {
        monitor.wait { state in
            state.sleepEnd = nil
            // Whoever is at work wakes us at its end.
            if state.isBusy { return .until(nil) }
            if let work = state.takeNext() {
                state.isBusy = true
                return .result(work)
            }
            if state.isStopping {
                state.hasEnded = true
                return .result(nil)
            }
            guard let deadline = state.deadline, deadline <= .now else {
                state.sleepEnd = state.deadline
                return .until(state.deadline)
            }
            state.isBusy = true
            return .result(.nothing)
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "the hub was used outside its thread")
    }

    package func isIsolatingCurrentContext() -> Bool? { handle.load(ordering: .relaxed) == UInt(pthread_self()) }
}

// MARK: - Lent threads

extension HubThread {
    /// Queues what is done in pieces, or does as much of it as is due on the calling thread, as `run` does.
    ///
    /// - Parameter piece: called until it says that nothing is left.
    func runPieces(isShort: Bool, _ piece: @escaping @Sendable () -> Bool) {
        guard isShort, let turnEnded = begin() else { return add(piece) }
        handle.store(UInt(pthread_self()), ordering: .relaxed)
        var (isDone, sleep, isAlone) = (false, Duration?.none, true)
        while !isDone, isAlone {
            isDone = piece()
            sleep = turnEnded()
            if !isDone { isAlone = monitor.withLock { $0.queue.isEmpty && !$0.isStopping } }
        }
        handle.store(0, ordering: .relaxed)
        if !isDone { monitor.withLock { $0.pieces.prepend(piece) } }
        end(sleep)
    }

    private func add(_ piece: @escaping @Sendable () -> Bool) {
        let mustWake = monitor.withLock { state in
            if state.hasEnded { return false }
            state.pieces.append(piece)
            return state.pieces.count == 1 && state.queue.isEmpty && !state.isBusy
        }
        if mustWake { monitor.signal() }
    }

    /// Runs `closure` on the calling thread, and ends the turn, where the hub has nothing else to do; else enqueues it.
    ///
    /// Only for work that is short: meanwhile nobody else has the hub, and the caller does nothing else.
    func run(_ closure: @escaping @Sendable () -> Void) {
        guard let turnEnded = begin() else { return enqueue(closure) }
        handle.store(UInt(pthread_self()), ordering: .relaxed)
        closure()
        let sleep = turnEnded()
        handle.store(0, ordering: .relaxed)
        end(sleep)
    }

    /// - Returns: what ends the turn, where the calling thread has the hub now; nil where it has to wait for it.
    private func begin() -> (@Sendable () -> Duration?)? {
        monitor.withLock { state in
            guard !state.isBusy, !state.isStopping, state.isEmpty, state.thread != nil else { return nil }
            state.isBusy = true
            return state.turnEnded
        }
    }

    private func end(_ sleep: Duration?) {
        let deadline = sleep.map { Moment.now + $0 }
        let mustWake = monitor.withLock { state in
            (state.isBusy, state.deadline) = (false, deadline)
            // Waking too early, and for nothing, does no harm.
            let isSooner = deadline.map { new in state.sleepEnd.map { new < $0 } ?? true } ?? false
            return isSooner || !state.isEmpty || state.isStopping
        }
        if mustWake { monitor.signal() }
    }
}
