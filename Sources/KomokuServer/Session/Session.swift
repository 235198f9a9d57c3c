internal import Komoku
internal import KomokuDesk
internal import KomokuHub
internal import KomokuProto
internal import KomokuWire
internal import NIOCore
internal import NIOWebSocket

/// One client's conversation: takes its frames in, runs their commands on the hub, keeps the order of what goes out.
///
/// Lives on its connection's event loop; only `CommandRun` and the subscriber's wake-up come from other threads.
final class Session {
    private let speech: Speech
    private let context: ServerContext
    private let eventLoop: any EventLoop
    private var queue = ReplyQueue()
    /// Commands of this burst of frames, not yet given to the hub.
    private var jobs: [Job] = []
    /// A query is under way: commands wait, so that they run in order.
    private var isQuerying = false
    private var run: CommandRun?
    private var account: AnswerAccount?
    /// Commands that go on once the answers before them have left.
    private var paused: ArraySlice<Job> = []
    /// Bytes handed to the socket that it has not taken, as far as the account knows of them and of the queue.
    private var counted = 0
    private var subscriber: Subscriber?
    private var changesMayWait = false
    /// Changes are an entry of the queue; more are taken once they are written.
    private var changesAreQueued = false
    private var runFeed: RunFeed?
    /// So it is with records of runs.
    private var runsMayWait = false
    private var runsAreQueued = false
    private var isClosed = false
    /// Called when there is something to write.
    var onOutput: () -> Void = {}
    /// Called when the connection has to end.
    var onFault: (Disconnection) -> Void = { _ in }

    /// The most changes taken at once, and bytes of their texts: enough for a full packet, few enough to stay fresh.
    private static let changesAtOnce = 128
    private static let changeBytesAtOnce = 64 << 10
    /// The next question of a client waits until its answers before that are read but for so much.
    private static let unreadBeforeNext = 1 << 20
    /// A change by less is not worth counting.
    private static let countedDifference = 16 << 10
    /// More commands than these may take several turns of the hub.
    private static let commandsOfOneTurn = 64

    init(_ speech: Speech, context: ServerContext, eventLoop: any EventLoop) {
        self.speech = speech
        self.context = context
        self.eventLoop = eventLoop
    }

    /// Connects the session to the hub.
    ///
    /// - Parameter caller: who is at the other end.
    func open(for caller: Caller) {
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        let eventLoop = self.eventLoop
        let subscriber = Subscriber(takes: { [caller] in caller.rights.mayRead($0) }) {
            eventLoop.execute { session.value.changesCame() }
        }
        let runFeed = RunFeed(rights: { [caller] in caller.rights }, owner: { [caller] in caller.identity.owner }) {
            eventLoop.execute { session.value.runsCame() }
        }
        let account = context.answers.open { eventLoop.execute { session.value.onFault(.repliesUnread) } }
        (self.subscriber, self.runFeed, self.account) = (subscriber, runFeed, account)
        run = CommandRun(
            context: context, caller: caller, subscriber: subscriber, runFeed: runFeed, account: account,
            answer: { answers in eventLoop.execute { session.value.fill(answers) } },
            finished: { eventLoop.execute { session.value.queryFinished() } },
            pause: { jobs in eventLoop.execute { session.value.pause(jobs) } },
            fail: { fault in eventLoop.execute { session.value.onFault(fault) } })
    }

    /// Ends the conversation. Commands that came before the end are carried out; their replies go nowhere.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        onOutput = {}
        onFault = { _ in }
        account?.close()
        guard let run, let subscriber, let runFeed else { return }
        run.caller.leave()
        queue.abandon()
        let rest = paused + jobs
        if !rest.isEmpty { run.start(rest) }
        (jobs, paused) = ([], [])
        let (desk, caller) = (context.desk, run.caller)
        desk.hub.enqueue { hub in
            hub.remove(subscriber)
            runFeed.unfollow(desk, in: hub)
            desk.dismiss(caller, in: hub)
        }
        (self.run, self.subscriber, self.runFeed) = (nil, nil, nil)
    }

    /// Whether so much waits to be answered that reading further frames should pause.
    var isCongested: Bool {
        queue.waitingBytes > context.limits.unansweredBytes || queue.count > context.limits.unansweredFrames
    }

    /// Whether the replies that wait for one another grow too large together. A single one, however large, may leave.
    var isOverfull: Bool {
        queue.held.bytes > context.limits.unreadBytes && (queue.held.replies > 1 || queue.isCollecting)
    }

    /// Tells the account what is there, and goes on with what waited for room.
    ///
    /// - Parameter unwritten: bytes that the socket has not taken.
    func count(unwritten: Int) {
        let bytes = queue.held.bytes + unwritten
        if abs(bytes - counted) >= Self.countedDifference || (bytes == 0 && counted > 0) {
            counted = bytes
            account?.hold(bytes)
        }
        // What is collected of a list leaves only when all of it is there.
        guard let next = paused.first, (queue.isFirst(next.ticket) ? unwritten : bytes) <= Self.unreadBeforeNext else {
            return
        }
        let jobs = paused
        paused = []
        run?.start(jobs)
    }

    private func pause(_ jobs: ArraySlice<Job>) {
        guard !isClosed else {
            run?.start(jobs)
            return
        }
        paused = jobs
        onOutput()
    }

    /// Takes one whole message. It is run with the others of its burst.
    ///
    /// - Throws: where it is none, so that the connection has to end.
    func receive(_ message: ByteBuffer) throws(FrameViolation) {
        guard let request = try read(message) else { return }
        let ticket = queue.reserve(for: request, cost: message.readableBytes)
        context.desk.counts.add(request.entries.lazy.compactMap(\.name))
        for (index, entry) in request.entries.enumerated() {
            if case .failure(let error) = entry.command, jobs.isEmpty, !isQuerying {
                queue.fill(ticket, at: index, with: .error(error))
            } else {
                jobs.append(Job(ticket: ticket, index: index, command: entry.command))
            }
        }
    }

    /// Nil for a sign of life.
    private func read(_ message: ByteBuffer) throws(FrameViolation) -> Request? {
        switch speech {
        case .json(let version): return Request(message.readableBytesView, version: version)
        case .packed:
            do throws(PackedFault) {
                return try Request.read(packed: Array(message.readableBytesView))
            } catch {
                throw FrameViolation(code: .dataInconsistentWithMessage, reason: error.reason)
            }
        }
    }

    /// The burst is over: its commands go to the hub together, so that its puts share one commit.
    func burstEnded() {
        startRun()
        onOutput()
    }

    private func startRun() {
        guard !isQuerying, !jobs.isEmpty, let run else { return }
        isQuerying = jobs.count > Self.commandsOfOneTurn || jobs.contains(where: \.isQuery)
        run.start(jobs[...])
        jobs = []
    }

    private func queryFinished() {
        guard isQuerying else { return }
        isQuerying = false
        startRun()
    }

    private func fill(_ answers: [Filling]) {
        guard !isClosed else { return answers.forEach { $0.more?() } }
        for answer in answers {
            let goesOn = queue.fill(answer.ticket, at: answer.index, with: answer.reply, more: answer.more)
            account?.release(answer.reserved)
            if goesOn { answer.more?() }
        }
        onOutput()
    }

    private func changesCame() {
        guard !isClosed else { return }
        changesMayWait = true
        onOutput()
    }

    private func runsCame() {
        guard !isClosed else { return }
        runsMayWait = true
        onOutput()
    }

    /// The next thing to write.
    ///
    /// - Parameter keepsUp: whether the peer does; while it does not, changes stay with the hub, which merges them, and the
    ///   parts of a long reply are not made.
    func next(keepsUp: Bool) -> ReplyQueue.Item? {
        if keepsUp {
            takeChanges()
            takeRuns()
        }
        guard let item = queue.next(takingParts: keepsUp) else { return nil }
        switch item {
        case .changes: changesAreQueued = false
        case .runs: runsAreQueued = false
        case .part(_, _, let more): more()
        case .reply: break
        }
        return item
    }

    /// The subscriber wakes only when its mailbox was empty, so it is asked until it gives less than it could.
    private func takeChanges() {
        guard changesMayWait, !changesAreQueued, let subscriber else { return }
        let changes = subscriber.drain(max: Self.changesAtOnce, bytes: Self.changeBytesAtOnce)
        // Few changes with long texts leave others behind; only none at all says that there are none.
        if changes.isEmpty { changesMayWait = false }
        guard !changes.isEmpty else { return }
        context.desk.counts.add(skipped: changes.reduce(0) { $0 + $1.skipped })
        queue.append(changes)
        changesAreQueued = true
    }

    private func takeRuns() {
        guard runsMayWait, !runsAreQueued, let runFeed else { return }
        let runs = runFeed.drain(max: Self.changesAtOnce)
        if runs.count < Self.changesAtOnce { runsMayWait = false }
        guard !runs.isEmpty else { return }
        queue.append(runs)
        runsAreQueued = true
    }
}
