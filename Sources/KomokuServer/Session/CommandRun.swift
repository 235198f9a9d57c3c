internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOPosix
internal import Synchronization

/// One command with the place of its reply.
struct Job: Sendable {
    let ticket: ReplyQueue.Ticket
    let index: Int
    let command: Result<Command, CommandError>

    var isQuery: Bool { if case .success(let command) = command { command.isQuery } else { false } }
}

/// A reply with its place.
struct Filling: Sendable {
    let ticket: ReplyQueue.Ticket
    let index: Int
    let reply: Reply

    init(_ job: Job, _ reply: Reply) {
        ticket = job.ticket
        index = job.index
        self.reply = reply
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
    let hearing = Hearing()
    let answer: @Sendable ([Filling]) -> Void
    /// All jobs of a run were carried out; their answers may still wait for a commit.
    let finished: @Sendable () -> Void

    func start(_ jobs: ArraySlice<Job>) {
        context.hub.enqueue { hub in run(jobs, in: hub) }
    }

    private func run(_ jobs: ArraySlice<Job>, in hub: isolated Hub) {
        var answers: [Filling] = []
        var writes: [Filling] = []
        var rest = jobs
        while let job = rest.first, !job.isQuery || hearing.isOver {
            rest.removeFirst()
            if job.isQuery { continue }
            switch job.command.flatMap({ command in execute(command, in: hub) }) {
            case .success(.reply(let reply)): answers.append(Filling(job, reply))
            case .success(.written): writes.append(Filling(job, .ok))
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
            self.query(query, in: hub) { remaining.isEmpty ? finished() : start(remaining) }
        }
    }

    /// Puts that were made together wait for one commit.
    private func acknowledge(_ writes: [Filling], in hub: isolated Hub) {
        hub.whenDurable { outcome in
            switch outcome {
            case .durable: answer(writes)
            case .unstored:
                answer(writes.map { Filling(ticket: $0.ticket, index: $0.index, reply: .unstored) })
            }
        }
    }

    enum Outcome {
        case reply(Reply)
        /// Answered after its commit.
        case written
    }

    private func execute(_ command: Command, in hub: isolated Hub) -> Result<Outcome, CommandError> {
        do throws(CommandError) {
            return .success(try outcome(of: command, in: hub))
        } catch {
            return .failure(error)
        }
    }

    private func outcome(of command: Command, in hub: isolated Hub) throws(CommandError) -> Outcome {
        let cause = Cause.client("websocket")
        switch command {
        case .get(let name): return .reply(.value(name.flatMap { hub.last($0) }?.value))
        case .last(let name): return .reply(.last(name.flatMap { hub.last($0) }))
        case .put(let name, let value, let time): try hub.put(name, value, at: time, cause: cause)
        case .increment(let name, let step, let time): try hub.increment(name, by: step, at: time, cause: cause)
        case .define(let definitions): try hub.define(definitions)
        case .delete(let name): try hub.delete(name)
        case .subscribe(let target, let every, let initial):
            // The end of a connection ends its subscriptions; nothing would end one that came later.
            if !hearing.isOver { hub.subscribe(subscriber, to: target, every: every, initial: initial) }
            return .reply(.ok)
        case .unsubscribe(let target):
            hub.unsubscribe(subscriber, from: target)
            return .reply(.ok)
        case .ping(let payload): return .reply(.pong(payload))
        case .fetch, .deadLetters, .keys, .stats, .store: throw .invalidQuery
        }
        return .written
    }

    private func query(_ job: Job, in hub: isolated Hub, then: @escaping @Sendable () -> Void) {
        let reply: @Sendable (Reply) -> Void = { reply in
            answer([Filling(job, reply)])
            then()
        }
        let store = hub.store
        switch job.command {
        case .success(.fetch(let query)):
            Fetch(query: query, store: store, now: hub.clock.now).run(query.key.flatMap { hub.key($0) }, then: reply)
        case .success(.deadLetters(let limit)):
            NIOThreadPool.singleton.submit { _ in
                reply((try? store.deadLetters(limit: limit)).map { .json(JSON(deadLetters: $0)) } ?? .unreadable)
            }
        case .success(.keys(let query)):
            reply(.keys(hub.keys(matching: query.pattern, after: query.after, limit: query.limit), query))
        case .success(.stats): reply(.json(stats(of: hub)))
        case .success(.store): reply(.json(storeReport(of: hub)))
        case .success: reply(.error(.invalidQuery))
        case .failure(let error): reply(.error(error))
        }
    }
}

extension Filling {
    fileprivate init(ticket: ReplyQueue.Ticket, index: Int, reply: Reply) {
        self.ticket = ticket
        self.index = index
        self.reply = reply
    }
}
