internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOPosix

/// Commands that have a turn of the hub to themselves.
extension CommandRun {
    typealias Answer = @Sendable (Reply) -> Void

    /// - Parameter then: called when the command is carried out and answered.
    func query(_ job: Job, in hub: isolated Hub, then: @escaping @Sendable () -> Void) {
        let reply: Answer = { reply in
            answer([Filling(job, reply)])
            then()
        }
        switch job.command {
        case .failure(let error): reply(.error(error))
        case .success(.export(let request)): export(request, for: job, in: hub, then: then)
        case .success(let command): query(command, in: hub, reply)
        }
    }

    private func query(_ command: Command, in hub: isolated Hub, _ reply: @escaping Answer) {
        let store = hub.store
        switch command {
        case .fetch(let query):
            Fetch(query: query, store: store, now: hub.clock.now).run(query.key.flatMap { hub.key($0) }, then: reply)
        case .statistics(let request): answer(request, in: hub, reply)
        case .profile(let request): answer(request, in: hub, reply)
        case .spans(let request): answer(request, in: hub, reply)
        case .deadLetters(let limit):
            NIOThreadPool.singleton.submit { _ in
                reply(
                    (try? store.deadLetters(limit: limit)).map { .json(JSON(deadLetters: $0)) } ?? .error(.storeFailed))
            }
        case .keys(let query):
            reply(.keys(hub.keys(matching: query.pattern, after: query.after, limit: query.limit), query))
        case .stats: reply(.json(stats(of: hub)))
        case .store: report(on: hub, reply)
        case .merge(let source, let target): merge(source, into: target, in: hub, reply)
        case .import(let request): Import(request, self).run(in: hub, reply)
        case .compact:
            store.compact { result in
                reply(Reply(result) { .json(["before": JSON(sizes: $0.before), "after": JSON(sizes: $0.after)]) })
            }
        case .backup(let path): backup(to: path, store, reply)
        case .devices(let query): answer(query, in: hub, reply)
        case .rules(let command): answer(command, in: hub, reply)
        default: reply(.error(.invalidQuery))
        }
    }

    private func merge(
        _ source: KeyName, into target: KeyName, in hub: isolated Hub, _ reply: @escaping Answer
    ) {
        hub.merge(source, into: target) { result, hub in
            if case .failure(let error) = result { return reply(.error(Refusal(error))) }
            hub.whenDurable { reply($0 == .durable ? .ok : .unstored) }
        }
    }

    /// Whoever may write a file where this process may must be on its machine.
    private func backup(to path: String, _ store: Store, _ reply: @escaping Answer) {
        guard isLocal else { return reply(.error(.notAllowed("'backup' is for connections from the hub's machine"))) }
        store.backup(to: path) { result in
            reply(Reply(result) { .json(["bytes": .number(Double($0))]) })
        }
    }

    private func export(
        _ request: ExportRequest, for job: Job, in hub: isolated Hub, then: @escaping @Sendable () -> Void
    ) {
        let export = Export(request, store: hub.store, isOver: { hearing.isOver }, then: then) { reply, more in
            answer([Filling(job, reply, more: more)])
        }
        export.start(hub.keys(matching: request.pattern))
    }
}
