internal import Glibc

/// The runner's thread.
struct ProgramLoop {
    private let queue: ProgramQueue
    private let wakeUp: WakeUp
    private var running: [RunningProgram] = []

    init(_ queue: ProgramQueue, _ wakeUp: WakeUp) {
        self.queue = queue
        self.wakeUp = wakeUp
    }

    mutating func run() {
        // A program that does not read its input must not end the hub.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while !queue.isStopping {
            startWaiting()
            wait()
            let now = MonotonicClock.now
            for id in queue.takeCancelled() { running.first { $0.id == id }?.cancel(at: now) }
            look(at: now)
        }
        finish()
    }

    private mutating func startWaiting() {
        var groups: [String: Int] = [:]
        for group in running.compactMap(\.group) { groups[group, default: 0] += 1 }
        while running.count < queue.limits.atOnce, let entry = queue.next(beside: groups) {
            if let group = entry.job.group { groups[group, default: 0] += 1 }
            do throws(ProgramFailure) {
                running.append(try RunningProgram(entry.id, entry.job, at: MonotonicClock.now, entry.completion))
            } catch {
                entry.completion(.failure(error))
            }
        }
    }

    private func wait() {
        let now = MonotonicClock.now
        var descriptors = [pollfd(fd: wakeUp.descriptor, events: Int16(POLLIN), revents: 0)]
        for program in running { descriptors += program.interests }
        let moment = running.map { $0.nextMoment(after: now) }.min()
        if Poll.wait(&descriptors, for: wakeUp, microseconds: moment.map { $0 - now }) { wakeUp.clear() }
    }

    private mutating func look(at now: Int64) {
        for program in running { program.look(at: now) }
        running.removeAll(where: \.isReaped)
    }

    /// Ends all of them.
    private mutating func finish() {
        let start = MonotonicClock.now
        for program in running { program.cancel(at: start) }
        while !running.isEmpty, MonotonicClock.now < start + 2 * RunningProgram.grace {
            wait()
            look(at: MonotonicClock.now)
        }
    }
}
