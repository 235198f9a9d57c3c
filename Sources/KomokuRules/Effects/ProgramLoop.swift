internal import Glibc

/// The runner's thread.
struct ProgramLoop {
    private let queue: ProgramQueue
    private let bell: Doorbell
    private var running: [RunningProgram] = []

    init(_ queue: ProgramQueue, _ bell: Doorbell) {
        self.queue = queue
        self.bell = bell
    }

    mutating func run() {
        // A program that does not read its input must not end the hub.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        while !queue.isStopping {
            startWaiting()
            wait()
            let now = Self.now
            for id in queue.takeCancelled() { running.first { $0.id == id }?.cancel(at: now) }
            look(at: now)
        }
        finish()
    }

    private mutating func startWaiting() {
        while running.count < ProgramRunner.maximumAtOnce, let entry = queue.next() {
            do throws(OutputFault) {
                running.append(try RunningProgram(entry.id, entry.job, at: Self.now, entry.completion))
            } catch {
                entry.completion(.failure(error))
            }
        }
    }

    private func wait() {
        let now = Self.now
        var descriptors = [pollfd(fd: bell.descriptor, events: Int16(POLLIN), revents: 0)]
        for program in running { descriptors += program.interests }
        let moment = running.map { $0.nextMoment(after: now) }.min()
        let milliseconds = moment.map { Int32(clamping: (max(0, $0 - now) + 999) / 1000) } ?? -1
        guard poll(&descriptors, nfds_t(descriptors.count), milliseconds) > 0 else { return }
        if descriptors[0].revents != 0 { bell.silence() }
    }

    private mutating func look(at now: Int64) {
        for program in running { program.look(at: now) }
        running.removeAll(where: \.isReaped)
    }

    /// Ends all of them.
    private mutating func finish() {
        let start = Self.now
        for program in running { program.cancel(at: start) }
        while !running.isEmpty, Self.now < start + 2 * RunningProgram.grace {
            wait()
            look(at: Self.now)
        }
    }

    /// Microseconds of the monotonic clock.
    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}
