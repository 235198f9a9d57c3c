internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import NIOPosix

/// Commands that have a turn of the hub to themselves.
extension CommandRun {
    typealias Answer = @Sendable (Reply) -> Void

    /// - Parameter then: called when the command is carried out and answered.
    func query(_ job: Job, in hub: isolated Hub, then: @escaping @Sendable () -> Void) {
        guard case .success(let command) = job.command else {
            if case .failure(let error) = job.command { answer([Filling(job, .error(error))]) }
            return then()
        }
        // What a client wants done is done, whatever there is to read for it.
        let cost = command.isReading ? AnswerCost.estimate(command, in: hub) : 0
        switch cost > 0 ? account.reserve(cost, limit: context.limits.unreadBytes) : .made {
        case .made: break
        case .hubIsBusy:
            answer([Filling(job, .error(.busy))])
            return then()
        case .connectionIsFull:
            fail(.repliesTooLarge)
            return then()
        }
        let reply: Answer = { reply in
            answer([Filling(job, reply, reserved: cost)])
            then()
        }
        let pieces: @Sendable (PieceSource) -> Void = { source in
            send(source, for: job, reserved: cost, then: then)
        }
        switch command {
        case .export(let request): export(request, for: job, reserved: cost, in: hub, then: then)
        case .keys(let query): keys(query, in: hub, reply, pieces)
        case .fetch(let query):
            let key = query.key.flatMap { hub.key($0) }
            Fetch(query: query, store: hub.store, now: hub.clock.now).run(key, then: reply, pieces: pieces)
        case .rules(.runs(let query)): runs(query, in: hub, reply, pieces)
        case .statistics(let request): answer(request, in: hub, reply, pieces)
        default: self.query(command, in: hub, reply)
        }
    }

    /// A list that is long is made as it is read.
    private func keys(
        _ query: KeysQuery, in hub: isolated Hub, _ reply: Answer, _ pieces: (PieceSource) -> Void
    ) {
        let list = KeysPieces(query: query, version: version, hub: hub)
        let slice = list.slice(after: query.after, left: query.limit, in: hub)
        if slice.isWhole { reply(.keys(slice.keys, query)) } else { pieces(list.source(slice)) }
    }

    private func query(_ command: Command, in hub: isolated Hub, _ reply: @escaping Answer) {
        let store = hub.store
        switch command {
        case .profile(let request): answer(request, in: hub, reply)
        case .spans(let request): answer(request, in: hub, reply)
        case .repair(let request): answer(request, in: hub, reply)
        case .deadLetters(let limit):
            whenLettersAreStored(in: hub) { _ in
                NIOThreadPool.singleton.submit { _ in
                    let letters = try? store.deadLetters(limit: limit)
                    reply(letters.map { .json(JSON(deadLetters: $0)) } ?? .error(.storeFailed))
                }
            }
        case .hub: reply(.json(identity(of: hub)))
        case .renames: reply(.json(["renames": .array(hub.formerNamesListed())]))
        case .uses(let key, let new):
            guard let rules = context.rules else { return reply(.error(.notAllowed("no rules run here"))) }
            rules.findUses(of: key, as: new) { reply(.json($0.json(of: key))) }
        case .status: whenLettersAreStored(in: hub) { hub in status(of: hub, reply) }
        case .stats: reply(.json(stats(of: hub)))
        case .store: report(on: hub, reply)
        case .merge(let source, let target): merge(source, into: target, in: hub, reply)
        case .replace(let old, let new): replace(old, with: new, in: hub, reply)
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
        _ request: ExportRequest, for job: Job, reserved: Int, in hub: isolated Hub,
        then: @escaping @Sendable () -> Void
    ) {
        let end: @Sendable () -> Void = {
            account.release(reserved)
            then()
        }
        let export = Export(request, store: hub.store, isOver: { hearing.isOver }, then: end) { reply, more in
            answer([Filling(job, reply, more: more)])
        }
        export.start(hub.keys(matching: request.pattern))
    }
}
