internal import CSpawn
internal import Glibc
internal import Komoku

/// A program that runs, with its pipes. Belongs to the runner's thread.
final class RunningProgram {
    typealias Completion = @Sendable (Result<ProgramJob.Result, ProgramFailure>) -> Void

    let id: Int
    private let job: ProgramJob
    /// Nil once nobody wants to know.
    private var completion: Completion?
    private let process: pid_t
    /// Readable when the process has ended; negative where the system has no such thing.
    private var ending: Int32
    /// Standard output and error.
    private var sources: [Source]
    private var sinks: [Sink]
    private var phase: Phase

    private struct Source {
        var descriptor: Int32
        var captured: CapturedOutput
    }

    private struct Sink {
        var descriptor: Int32
        var rest: ArraySlice<UInt8>
    }

    /// Each with the moment of the next step.
    private enum Phase: Equatable {
        case running(until: Int64)
        case terminated(until: Int64)
        case killed(until: Int64)
        case reaped
    }

    /// How long a program has between SIGTERM and SIGKILL.
    static let grace: Int64 = 2_000_000
    /// The most that is read of one output at a time, so that one flood leaves room for others.
    private static let readLength = 64 << 10
    /// Whether a process ended is looked at so often where the system does not tell.
    private static let blindInterval: Int64 = 50_000

    init(_ id: Int, _ job: ProgramJob, at now: Int64, _ completion: @escaping Completion) throws(ProgramFailure) {
        self.id = id
        self.job = job
        self.completion = completion
        var pipes: [(pipe: Pipe, theirs: Int32)] = []
        defer { for (pipe, _) in pipes { Glibc.close(pipe.theirs) } }
        do throws(ProgramFailure) {
            pipes.append((try Pipe(programWrites: true), 1))
            if job.partsErrors { pipes.append((try Pipe(programWrites: true), 2)) }
            for input in job.inputs { pipes.append((try Pipe(programWrites: false), input.descriptor)) }
            var given = pipes.map { (ours: $0.pipe.theirs, theirs: $0.theirs) }
            if !job.partsErrors { given.append((pipes[0].pipe.theirs, 2)) }
            process = try Spawn.start(job, given)
        } catch {
            for (pipe, _) in pipes { Glibc.close(pipe.ours) }
            throw error
        }
        let outputs = pipes.dropLast(job.inputs.count)
        sources = outputs.map { Source(descriptor: $0.pipe.ours, captured: CapturedOutput(limit: job.limit)) }
        sinks = zip(pipes.suffix(job.inputs.count), job.inputs).map {
            Sink(descriptor: $0.pipe.ours, rest: $1.bytes[...])
        }
        phase = .running(until: now + max(0, job.timeout.microseconds))
        ending = spawn_pidfd(process)
        if ending >= 0 { _ = fcntl(ending, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        closeAll()
    }

    var isReaped: Bool { phase == .reaped }
    var group: String? { job.group }

    /// What to poll for.
    var interests: [pollfd] {
        sources.filter { $0.descriptor >= 0 }.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            + sinks.filter { $0.descriptor >= 0 }.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
            + (ending >= 0 ? [pollfd(fd: ending, events: Int16(POLLIN), revents: 0)] : [])
    }

    /// When it has to be looked at, whatever happens.
    func nextMoment(after now: Int64) -> Int64 {
        let next =
            switch phase {
            case .running(let moment), .terminated(let moment), .killed(let moment): moment
            case .reaped: now
            }
        return ending >= 0 ? next : min(next, now + Self.blindInterval)
    }
}

// MARK: - What happens

extension RunningProgram {
    /// Takes and gives what there is, and goes on to the next phase where it is time.
    func look(at now: Int64) {
        for index in sinks.indices { write(to: index) }
        for index in sources.indices { read(from: index) }
        // A program that writes on learns that nobody reads; the time of one that does not is up some day.
        if job.endsAtLimit, sources[0].captured.isCut { Self.close(&sources[0].descriptor) }
        if hasEnded {
            reap()
        } else {
            act(at: now)
        }
    }

    /// Nobody waits for it any more.
    func cancel(at now: Int64) {
        completion = nil
        terminate(at: now)
    }

    private func write(to index: Int) {
        while sinks[index].descriptor >= 0 {
            let count = sinks[index].rest.withUnsafeBytes {
                Glibc.write(sinks[index].descriptor, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EAGAIN || errno == EINTR { return }
            if count > 0 { sinks[index].rest = sinks[index].rest.dropFirst(count) }
            // It does not read on, or has everything.
            if count < 0 || sinks[index].rest.isEmpty { Self.close(&sinks[index].descriptor) }
        }
    }

    private func read(from index: Int) {
        guard sources[index].descriptor >= 0 else { return }
        var total = 0
        while total < Self.readLength {
            let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { buffer in
                let count = Glibc.read(sources[index].descriptor, buffer.baseAddress, buffer.count)
                if count > 0 { sources[index].captured.append(buffer.prefix(count)) }
                return count
            }
            if count < 0 {
                if errno != EAGAIN, errno != EINTR { Self.close(&sources[index].descriptor) }
                return
            }
            if count == 0 { return Self.close(&sources[index].descriptor) }
            total += count
        }
    }

    private func act(at now: Int64) {
        switch phase {
        case .running(let moment) where moment <= now:
            answer(.failure(ProgramFailure("\(job.shown) did not end within \(job.timeout)")))
            terminate(at: now)
        case .terminated(let moment) where moment <= now:
            kill(-process, SIGKILL)
            phase = .killed(until: now + Self.grace)
        // It hangs in the system, and is seen when it ends.
        case .killed(let moment) where moment <= now: phase = .killed(until: now + Self.grace)
        default: break
        }
    }

    private func terminate(at now: Int64) {
        switch phase {
        case .running:
            kill(-process, SIGTERM)
            phase = .terminated(until: now + Self.grace)
        case .terminated, .killed, .reaped: break
        }
    }

    // MARK: Its end

    private var hasEnded: Bool {
        if ending >= 0 {
            var poll = pollfd(fd: ending, events: Int16(POLLIN), revents: 0)
            return Glibc.poll(&poll, 1, 0) > 0
        }
        var information = siginfo_t()
        information.si_signo = 0
        return waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) == 0
            && information.si_signo == SIGCHLD
    }

    private func reap() {
        // Its last words are in the pipes. Programs that it left running may hold them open: those are not waited for.
        for index in sources.indices { read(from: index) }
        // While it is not waited for, nobody else has its number.
        switch phase {
        case .terminated, .killed: kill(-process, SIGKILL)
        case .running, .reaped: break
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        closeAll()
        let signal = Int(status & 0x7F)
        phase = .reaped
        answer(
            .success(
                ProgramJob.Result(
                    status: signal == 0 ? Int(status >> 8 & 0xFF) : 128 + signal, output: sources[0].captured,
                    errors: sources[sources.count - 1].captured)))
    }

    private func answer(_ result: Result<ProgramJob.Result, ProgramFailure>) {
        completion?(result)
        completion = nil
    }

    private func closeAll() {
        for index in sources.indices { Self.close(&sources[index].descriptor) }
        for index in sinks.indices { Self.close(&sinks[index].descriptor) }
        Self.close(&ending)
    }

    private static func close(_ descriptor: inout Int32) {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }
}
