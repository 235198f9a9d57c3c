internal import DequeModule
internal import Glibc
internal import Synchronization

/// What the runner's thread shares with those who want programs run.
final class ProgramQueue: Sendable {
    struct Entry: Sendable {
        let id: Int
        let job: ProgramJob
        let completion: RunningProgram.Completion
    }

    private struct State {
        var waiting: Deque<Entry> = []
        var cancelled: [Int] = []
        var lastID = 0
        var isStopping = false
        var thread: NamedThread?
    }

    private let state = Mutex(State())
    private let wakeUp = WakeUp()
    let limits: ProgramRunner.Limits

    init(_ limits: ProgramRunner.Limits) {
        self.limits = limits
    }

    /// Starts the thread, once.
    func start(_ name: String) throws(ProgramFailure) {
        let isThere = state.withLock { $0.thread != nil || $0.isStopping }
        if isThere { return }
        let error: ProgramFailure? = state.withLock { state in
            guard state.thread == nil, !state.isStopping else { return nil }
            do throws(SystemError) {
                state.thread = try NamedThread(name) { [self] in
                    var loop = ProgramLoop(self, wakeUp)
                    loop.run()
                }
                return nil
            } catch {
                return ProgramFailure("no program can be run: \(error.message)")
            }
        }
        if let error { throw error }
    }

    /// - Returns: a number to cancel it by.
    func add(_ job: ProgramJob, _ completion: @escaping RunningProgram.Completion) throws(ProgramFailure) -> Int {
        let added: Result<Int, ProgramFailure> = state.withLock { state in
            if let fault = refusal(of: job, state) { return .failure(fault) }
            state.lastID += 1
            state.waiting.append(Entry(id: state.lastID, job: job, completion: completion))
            return .success(state.lastID)
        }
        let id = try added.get()
        wakeUp.signal()
        return id
    }

    private func refusal(of job: ProgramJob, _ state: State) -> ProgramFailure? {
        if state.isStopping { return ProgramFailure("the hub is stopping") }
        guard state.waiting.count < limits.waiting else {
            return ProgramFailure("too many wait for their turn: \(limits.waiting)")
        }
        guard let group = job.group, state.waiting.count >= limits.waitingInGroup else { return nil }
        let count = state.waiting.count { $0.job.group == group }
        return count < limits.waitingInGroup
            ? nil : ProgramFailure("too many of the same wait for their turn: \(count)")
    }

    func cancel(_ id: Int) {
        state.withLock { state in
            if let index = state.waiting.firstIndex(where: { $0.id == id }) {
                state.waiting.remove(at: index)
            } else {
                state.cancelled.append(id)
            }
        }
        wakeUp.signal()
    }

    /// The next program's turn.
    ///
    /// - Parameter running: how many of each group run now.
    func next(beside running: [String: Int]) -> Entry? {
        state.withLock { state in
            guard !state.isStopping else { return nil }
            let index = state.waiting.firstIndex { entry in
                entry.job.group.map { running[$0, default: 0] < limits.inGroup } ?? true
            }
            return index.map { state.waiting.remove(at: $0) }
        }
    }

    func takeCancelled() -> [Int] {
        state.withLock { state in
            defer { state.cancelled = [] }
            return state.cancelled
        }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.waiting = []
        }
        wakeUp.signal()
    }

    /// The thread ends by itself, once it has been stopped.
    func leave() {
        state.withLock { $0.thread.take() }?.detach()
    }

    func waitForEnd() {
        let thread = state.withLock { $0.thread.take() }
        thread?.join()
    }
}
