internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import NIOCore
internal import NIOPosix

/// One command, and where in the order its reply goes.
struct Job: Sendable {
    let ticket: ReplyQueue.Ticket
    let index: Int
    let command: Result<Command, Refusal>

    var isQuery: Bool { if case .success(let command) = command { command.isQuery } else { false } }
    var isReading: Bool { if case .success(let command) = command { command.isReading } else { false } }
}

/// A reply, and where in the order it goes.
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

/// Runs the commands of one connection on the hub's thread, in order. The closures are called on any thread.
struct CommandRun: Sendable {
    let context: ServerContext
    let caller: Caller
    let subscriber: Subscriber
    let runFeed: RunFeed
    let account: AnswerAccount
    let answer: @Sendable ([Filling]) -> Void
    /// All jobs of a run were carried out; their answers may still wait for a commit.
    let finished: @Sendable () -> Void
    /// Gives back commands that have to wait until the client has read what was answered before.
    let pause: @Sendable (ArraySlice<Job>) -> Void
    let fail: @Sendable (Disconnection) -> Void

    /// How long the commands of one client may keep the hub from others.
    private static let turn = TimeAmount.milliseconds(5)

    private var desk: Desk { context.desk }

    func start(_ jobs: ArraySlice<Job>) {
        desk.hub.enqueue { hub in run(jobs, in: hub) }
    }

    private func run(_ jobs: ArraySlice<Job>, in hub: isolated Hub) {
        var answers: [Filling] = []
        var writes: [Filling] = []
        var rest = jobs
        let end = NIODeadline.now() + Self.turn
        var isOver = false
        while let job = rest.first, !isOver, !job.isQuery || (job.isReading && caller.isGone) {
            defer { isOver = jobs.count > 64 && NIODeadline.now() > end }
            rest.removeFirst()
            if job.isReading { continue }
            switch job.command.flatMap({ command in execute(command, in: hub) }) {
            case .success(.reply(let reply)): answers.append(Filling(job, reply))
            case .success(.durable(let reply)): writes.append(Filling(job, reply))
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
            ask(query, in: hub) { goOn(with: remaining) }
        }
    }

    /// Answers that a client does not read are not followed by others, but where these are of one list.
    private func goOn(with jobs: ArraySlice<Job>) {
        if jobs.isEmpty { return finished() }
        if account.bytes > Self.unreadBeforeNext, !caller.isGone { pause(jobs) } else { start(jobs) }
    }

    private static let unreadBeforeNext = 256 << 10

    /// Puts that were made together wait for one commit.
    private func acknowledge(_ writes: [Filling], in hub: isolated Hub) {
        hub.whenDurable { outcome in
            switch outcome {
            case .durable: answer(writes)
            case .unstored: answer(writes.map(\.unstored))
            }
        }
    }

    /// What belongs to the connection is done here, the rest at the desk.
    private func execute(_ command: Command, in hub: isolated Hub) -> Result<Desk.Outcome, Refusal> {
        // The end of a connection ends its subscriptions; nothing would end one that came later.
        switch command {
        case .subscribe(let request):
            return allowed(command) {
                let target = SubscriptionTarget(request.target)
                if caller.isGone { return .ok }
                if request.numbered || request.after != nil { return subscribe(request, target, in: hub) }
                let isTaken = hub.subscribe(
                    subscriber, to: target, every: request.every, initial: request.initial)
                return isTaken ? .ok : .error(.tooManyPatterns)
            }
        case .unsubscribe(let request):
            hub.unsubscribe(subscriber, from: SubscriptionTarget(request.target))
            return .success(.reply(.ok))
        case .follow(let request):
            return allowed(command) { follow(request, in: hub) }
        case .hello(let hello):
            if caller.isGone { return .success(.reply(.ok)) }
            return desk.welcome(hello, from: caller, by: line, in: hub)
        case .unfollow:
            runFeed.unfollow(desk, in: hub)
            return .success(.reply(.ok))
        default: return desk.execute(command, for: caller, in: hub)
        }
    }

    /// To an agent at the other end.
    private var line: AgentLine {
        AgentLine(tell: { runFeed.tell($0.json) }, end: { fail(.notWanted($0)) })
    }

    private func follow(_ request: FollowRequest, in hub: isolated Hub) -> Reply {
        if request.has(.runs), desk.rules == nil { return .error(.notAllowed("no rules run here")) }
        if !caller.isGone { runFeed.follow(request, desk, in: hub) }
        return .ok
    }

    /// For a client that wants to go on after a break.
    private func subscribe(
        _ request: SubscriptionRequest, _ target: SubscriptionTarget, in hub: isolated Hub
    ) -> Reply {
        let start = hub.subscribe(
            subscriber, to: [target], every: request.every, initial: request.initial, after: request.after)
        guard let start else { return .error(.tooManyPatterns) }
        return .shape(SubscriptionAnswer(sequence: start.mark.map { "\($0)" }, isGap: start.isGap))
    }

    private func allowed(_ command: Command, _ body: () -> Reply) -> Result<Desk.Outcome, Refusal> {
        do throws(Refusal) {
            try caller.check(command)
            return .success(.reply(body()))
        } catch {
            return .failure(error)
        }
    }

    // MARK: Commands that have a turn of the hub to themselves

    /// - Parameter then: called when the command is carried out and answered.
    private func ask(_ job: Job, in hub: isolated Hub, then: @escaping @Sendable () -> Void) {
        guard case .success(let command) = job.command else {
            if case .failure(let error) = job.command { answer([Filling(job, .error(error))]) }
            return then()
        }
        // What a client wants done is done, whatever there is to read for it.
        let cost = command.cost(in: hub)
        switch cost > 0 ? account.reserve(cost, limit: context.limits.unreadBytes) : .made {
        case .made: break
        case .hubIsBusy:
            answer([Filling(job, .error(.busy))])
            return then()
        case .connectionIsFull:
            fail(.repliesTooLarge)
            return then()
        }
        if case .export(let request) = command {
            return export(request, for: job, reserved: cost, in: hub, then: then)
        }
        desk.ask(command, for: caller, in: hub) { reply in
            answer([Filling(job, reply, reserved: cost)])
            then()
        } _: { source in
            send(source, for: job, reserved: cost, then: then)
        }
    }

    private func export(
        _ request: ExportRequest, for job: Job, reserved: Int, in hub: isolated Hub,
        then: @escaping @Sendable () -> Void
    ) {
        let end: @Sendable () -> Void = {
            account.release(reserved)
            then()
        }
        desk.export(request, for: caller, in: hub, then: end) { reply, more in
            answer([Filling(job, reply, more: more)])
        }
    }

    /// Sends an answer piece by piece. A short one goes as any other.
    ///
    /// - Parameter then: called when it has been sent, or nobody hears.
    private func send(
        _ source: PieceSource, for job: Job, reserved: Int, then: @escaping @Sendable () -> Void
    ) {
        go(on: source, for: job, begins: true, reserved: reserved, then: then)
    }

    private func go(
        on source: PieceSource, for job: Job, begins: Bool, reserved: Int, then: @escaping @Sendable () -> Void
    ) {
        guard !caller.isGone else {
            account.release(reserved)
            return then()
        }
        source.next { piece in
            switch piece {
            case .some(let bytes, let rest):
                let reply = Reply.piece(bytes, begins: begins, ends: false)
                answer([
                    Filling(job, reply) {
                        // It is called on the connection's own thread.
                        NIOThreadPool.singleton.submit { _ in
                            go(on: rest, for: job, begins: false, reserved: reserved, then: then)
                        }
                    }
                ])
            case .last(let bytes):
                let reply = begins ? Reply.encoded(bytes) : .piece(bytes, begins: false, ends: true)
                answer([Filling(job, reply, reserved: reserved)])
                then()
            case .failed(let refusal):
                // What was begun cannot be taken back.
                if begins { answer([Filling(job, .error(refusal), reserved: reserved)]) } else { fail(.answerBroke) }
                then()
            }
        }
    }
}

/// Why a connection has to end before the client wants it.
enum Disconnection: Hashable, Sendable {
    case repliesTooLarge
    case repliesUnread
    /// An answer that was partly sent cannot be finished.
    case answerBroke
    /// What came over it is done for, with a reason.
    case notWanted(String)
}

extension SubscriptionTarget {
    fileprivate init(_ target: SubscriptionRequest.Target) {
        switch target {
        case .key(let name): self = .key(name)
        case .pattern(let pattern): self = .pattern(pattern)
        }
    }
}

extension Refusal {
    fileprivate static let tooManyPatterns = Refusal(
        .invalidQuery,
        "a connection has at most \(Hub.maximumPatterns) patterns, all together \(Hub.maximumPatternsOfAll); "
            + "end some with 'unsub', or write wider ones")
}

extension Filling {
    fileprivate var unstored: Filling { Filling(ticket: ticket, index: index, reply: reply.unstored) }

    private init(ticket: ReplyQueue.Ticket, index: Int, reply: Reply) {
        self.ticket = ticket
        self.index = index
        self.reply = reply
        (more, reserved) = (nil, 0)
    }
}
