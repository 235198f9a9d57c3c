internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// One command with the place of its reply.
struct Job: Sendable {
    let ticket: ReplyQueue.Ticket
    let index: Int
    let command: Result<Command, Refusal>

    var isQuery: Bool { if case .success(let command) = command { command.isQuery } else { false } }
    var isReading: Bool { if case .success(let command) = command { command.isReading } else { false } }
}

/// A reply with its place.
struct Filling: Sendable {
    let ticket: ReplyQueue.Ticket
    let index: Int
    let reply: Reply
    /// Not nil where the reply is a part of one of several frames: called when it has left, or never will.
    let more: (@Sendable () -> Void)?
    /// Bytes that were counted for it before it was made.
    let reserved: Int

    init(_ job: Job, _ reply: Reply, reserved: Int = 0, more: (@Sendable () -> Void)? = nil) {
        ticket = job.ticket
        index = job.index
        self.reply = reply
        self.reserved = reserved
        self.more = more
    }
}

/// Whether a client still hears. Commands that came before it left are carried out, but nothing is read for it.
final class Hearing: Sendable {
    private let over = Atomic(false)

    var isOver: Bool { over.load(ordering: .acquiring) }
    func end() { over.store(true, ordering: .releasing) }
}

/// Runs the commands of one connection on the hub's thread, in order. The closures are called on any thread.
struct CommandRun: Sendable {
    let context: ServerContext
    let subscriber: Subscriber
    let runFeed: RunFeed
    let account: AnswerAccount
    let version: ProtocolVersion
    /// Whether the client is on this machine.
    let isLocal: Bool
    let hearing = Hearing()
    let answer: @Sendable ([Filling]) -> Void
    /// All jobs of a run were carried out; their answers may still wait for a commit.
    let finished: @Sendable () -> Void
    /// Gives back commands that have to wait until the client has read what was answered before.
    let pause: @Sendable (ArraySlice<Job>) -> Void
    let fail: @Sendable (ConnectionFault) -> Void

    /// How long the commands of one client may keep the hub from others.
    private static let turn = TimeAmount.milliseconds(5)

    func start(_ jobs: ArraySlice<Job>) {
        context.hub.enqueue { hub in run(jobs, in: hub) }
    }

    private func run(_ jobs: ArraySlice<Job>, in hub: isolated Hub) {
        var answers: [Filling] = []
        var writes: [Filling] = []
        var rest = jobs
        let end = NIODeadline.now() + Self.turn
        var isOver = false
        while let job = rest.first, !isOver, !job.isQuery || (job.isReading && hearing.isOver) {
            defer { isOver = jobs.count > 64 && NIODeadline.now() > end }
            rest.removeFirst()
            if job.isReading { continue }
            switch job.command.flatMap({ command in execute(command, in: hub) }) {
            case .success(.reply(let reply)): answers.append(Filling(job, reply))
            case .success(.written): writes.append(Filling(job, .ok))
            case .success(.ahead): writes.append(Filling(job, .future))
            case .success(.durable(let reply)):
                hub.whenDurable { _ in answer([Filling(job, reply)]) }
            case .success(.commanded(let name)):
                hub.whenReported(name) { answer([Filling(job, Reply($0))]) }
            case .failure(let error): answers.append(Filling(job, .error(error)))
            }
        }
        if !answers.isEmpty { answer(answers) }
        if !writes.isEmpty { acknowledge(writes, in: hub) }
        guard let query = rest.first else { return finished() }
        if rest.startIndex > jobs.startIndex {
            // The store knows what was put before only at the end of the hub's turn; the query begins the next one.
            start(rest)
        } else {
            let remaining = rest.dropFirst()
            self.query(query, in: hub) { goOn(with: remaining) }
        }
    }

    /// Answers that a client does not read are not followed by others, but where these are of one list.
    private func goOn(with jobs: ArraySlice<Job>) {
        if jobs.isEmpty { return finished() }
        if account.bytes > Self.unreadBeforeNext, !hearing.isOver { pause(jobs) } else { start(jobs) }
    }

    private static let unreadBeforeNext = 256 << 10

    /// Puts that were made together wait for one commit.
    private func acknowledge(_ writes: [Filling], in hub: isolated Hub) {
        hub.whenDurable { outcome in
            switch outcome {
            case .durable: answer(writes)
            case .unstored: answer(writes.map { $0.unstored })
            }
        }
    }

    enum Outcome {
        case reply(Reply)
        /// Answered after its commit.
        case written
        /// The same, of a put that counts only when its time comes.
        case ahead
        /// The same, with an answer of its own.
        case durable(Reply)
        /// Answered when the newest command to the key has ended.
        case commanded(KeyName)
    }

    private func execute(_ command: Command, in hub: isolated Hub) -> Result<Outcome, Refusal> {
        do throws(CommandError) {
            switch command {
            case .rename(let old, let new): return rename(old, to: new, in: hub)
            case .forget(let device): return forget(device, in: hub)
            case .dryRun(let name, let value): return dryRun(name, value, in: hub)
            case .rules(let command): return perform(command, in: hub)
            default: return .success(try outcome(of: command, in: hub))
            }
        } catch {
            switch command {
            case .define(let definitions): return .failure(Refusal(error, hub.fault(in: definitions)))
            case .put(let name, let value, _, _) where error == .invalidValue:
                return .failure(Refusal(error, hub.putFault(name, value)))
            default: return .failure(Refusal(error))
            }
        }
    }

    private func rename(_ old: KeyName, to new: KeyName, in hub: isolated Hub) -> Result<Outcome, Refusal> {
        do throws(Hub.MoveError) {
            try hub.rename(old, to: new)
            return .success(.written)
        } catch {
            return .failure(Refusal(error))
        }
    }

    private func outcome(of command: Command, in hub: isolated Hub) throws(CommandError) -> Outcome {
        let cause = Cause.client("websocket")
        switch command {
        case .get(let name):
            let key = name.flatMap { hub.key($0) }
            return .reply(.value(key?.last?.value, isStale: key?.isStale ?? false))
        case .last(let name):
            let key = name.flatMap { hub.key($0) }
            return .reply(.last(key?.last, isStale: key?.isStale ?? false))
        case .put(let name, let value, let time, let answer):
            return try put(name, value, at: time, answer, in: hub)
        case .increment(let name, let step, let time): try hub.increment(name, by: step, at: time, cause: cause)
        case .define(let definitions): try hub.define(definitions)
        case .delete(let name): try hub.delete(name)
        case .clearDeadLetters: hub.clearDeadLetters()
        case .subscribe(let target, let every, let initial):
            // The end of a connection ends its subscriptions; nothing would end one that came later.
            if !hearing.isOver, !hub.subscribe(subscriber, to: target, every: every, initial: initial) {
                return .reply(.error(.tooManyPatterns))
            }
            return .reply(.ok)
        case .unsubscribe(let target):
            hub.unsubscribe(subscriber, from: target)
            return .reply(.ok)
        case .ping(let payload): return .reply(.pong(payload))
        // Those that have a turn to themselves are answered elsewhere.
        default: throw .invalidQuery
        }
        return .written
    }
}

extension Filling {
    fileprivate var unstored: Filling { Filling(ticket: ticket, index: index, reply: .unstored) }

    private init(ticket: ReplyQueue.Ticket, index: Int, reply: Reply) {
        self.ticket = ticket
        self.index = index
        self.reply = reply
        (more, reserved) = (nil, 0)
    }
}
