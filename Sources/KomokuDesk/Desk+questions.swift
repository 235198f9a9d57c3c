internal import Komoku
package import KomokuHub
internal import KomokuStore
package import KomokuWire

/// Commands that have a turn of the hub to themselves: questions, and what takes long.
extension Desk {
    /// Carries out a query, on the hub's thread.
    ///
    /// - Parameters:
    ///   - then: called once, on any thread, unless `pieces` is.
    ///   - pieces: takes an answer that is too long to be held.
    package func ask(
        _ command: Command, for caller: Caller, in hub: isolated Hub, _ then: @escaping Answer,
        _ pieces: @escaping @Sendable (PieceSource) -> Void
    ) {
        let rights: Rights
        do throws(Refusal) {
            rights = try caller.check(command)
        } catch {
            return then(.error(error))
        }
        switch command {
        case .keys(let request): keys(request, for: caller, in: hub, then, pieces)
        case .fetch(let request):
            let key = request.name.flatMap { hub.key($0, for: rights) }
            Fetch(query: request, store: hub.store, now: hub.clock.now).run(key, then: then, pieces: pieces)
        case .runs(let request): runs(request, rights, in: hub, then, pieces)
        case .statistics(let request): answer(request, in: hub, then, pieces)
        case .export: then(.error(.invalidQuery("'export' answers in several messages, which only a WebSocket takes")))
        case .auth, .users, .tokens, .addUser, .setPassword:
            askAccounts(command, for: caller, rights, in: hub, then)
        default: ask(command, for: caller, rights, in: hub, then)
        }
    }

    /// An export, whose messages are made one after another.
    ///
    /// - Parameters:
    ///   - then: called once, when the last message was sent or nobody hears.
    ///   - send: takes a message; the closure, if there is one, is to be called when it has left.
    package func export(
        _ request: ExportRequest, for caller: Caller, in hub: isolated Hub, then: @escaping @Sendable () -> Void,
        send: @escaping @Sendable (Reply, (@Sendable () -> Void)?) -> Void
    ) {
        let rights: Rights
        do throws(Refusal) {
            rights = try caller.check(.export(request))
        } catch {
            send(.error(error), nil)
            return then()
        }
        let export = Export(
            request, store: hub.store, work: work, isOver: { caller.isGone }, then: then, send: send)
        export.start(hub.keys(matching: request.pattern).filter { rights.mayRead($0.name) })
    }

    /// A list that is long is made as it is read.
    private func keys(
        _ request: KeysRequest, for caller: Caller, in hub: isolated Hub, _ then: @escaping Answer,
        _ pieces: (PieceSource) -> Void
    ) {
        let list = KeysPieces(request: request, caller: caller, hub: hub, work: work)
        let slice = list.slice(after: request.after, left: request.limit ?? .max, in: hub)
        guard slice.isWhole else { return pieces(list.source(slice)) }
        if slice.keys.count < Self.fewKeys { return then(.keys(list.told(slice.keys))) }
        work.async { then(.keys(list.told(slice.keys))) }
    }

    /// More of them are made ready elsewhere: the hub has others to serve.
    private static let fewKeys = 32

    private func ask(
        _ command: Command, for caller: Caller, _ rights: Rights, in hub: isolated Hub, _ then: @escaping Answer
    ) {
        let store = hub.store
        switch command {
        case .profile(let request): answer(request, in: hub, then)
        case .spans(let request): answer(request, in: hub, then)
        case .energy(let request): answer(request, for: rights, in: hub, then)
        case .repair(let request): answer(request, in: hub, then)
        case .deadLetters(let request):
            whenLettersAreStored(in: hub) { [work] _ in
                work.async {
                    let letters = try? store.deadLetters(limit: request.limit ?? 100)
                    then(letters.map { .json(.array($0.map { DeadLetterReport($0).json })) } ?? .error(.storeFailed))
                }
            }
        case .hub: then(.shape(identity(of: hub)))
        case .helpers: then(.shape(HelpersList(helpers.list(for: rights, in: hub))))
        case .agents(let request):
            do throws(Refusal) {
                then(.shape(AgentsList(try agents.list(request, for: rights, in: hub))))
            } catch {
                then(.error(error))
            }
        case .renames:
            let names = hub.formerNamesListed().filter { name, former in
                rights.mayRead(name) && rights.mayRead(former.name)
            }
            then(.shape(FormerKeys(names.map(FormerKey.init))))
        case .uses(let request):
            guard let rules else { return then(.error(.notAllowed("no rules run here"))) }
            rules.findUses(of: request.key, as: request.name) { then(.shape($0)) }
        case .status: whenLettersAreStored(in: hub) { hub in self.status(of: hub, for: rights, then) }
        case .stats: then(.shape(counters(of: hub, for: rights)))
        case .store: report(on: hub, then)
        case .sizes(let request): sizes(request, for: rights, in: hub, then)
        case .merge(let request): merge(request.key, into: request.target, in: hub, then)
        case .replace(let request): replace(request.device, with: request.successor, in: hub, then)
        case .renameDevice(let request): carryOut(.rename(request.name), of: request.device, in: hub, then)
        case .updateDevice(let request): carryOut(.update, of: request.device, in: hub, then)
        case .removeDevice(let request):
            carryOut(.remove(isForced: request.isForced), of: request.device, in: hub, then)
        case .import(let request):
            do throws(Refusal) { try helpers.checkDefinitions(request.definitions, in: hub) } catch {
                return then(.error(error))
            }
            Import(request, for: caller, work: work, helpers: helpers).run(in: hub, then)
        case .compact:
            store.compact { result in
                then(
                    Reply(result) {
                        .shape(Compaction(before: StoreSizes(whole: $0.before), after: StoreSizes(whole: $0.after)))
                    })
            }
        case .backup(let request): backup(to: request.path, for: caller, store, then)
        case .devices(let request): answer(request, for: rights, in: hub, then)
        case .rooms, .setRoom, .removeRoom: askRooms(command, for: rights, in: hub, then)
        case .activity(let request): askActivity(request, rights, in: hub, then)
        case .ruleFiles, .ruleFile, .ruleText, .saveRuleFile, .ruleVersions, .ruleVersion, .ruleExamples:
            askRuleFiles(command, for: caller, in: hub, then)
        case .checkRules, .testRules, .replayRules: prove(command, for: caller, in: hub, then)
        default: askRules(command, rights, in: hub, then)
        }
    }

    private func merge(_ source: KeyName, into target: KeyName, in hub: isolated Hub, _ then: @escaping Answer) {
        do throws(Refusal) { try helpers.checkMerge([source, target], in: hub) } catch { return then(.error(error)) }
        hub.merge(source, into: target) { result, hub in
            if case .failure(let error) = result { return then(.error(Refusal(error))) }
            hub.whenDurable { then($0 == .durable ? .ok : .unstored) }
        }
    }

    /// Whoever may write a file where this process may must be on its machine.
    private func backup(to path: String, for caller: Caller, _ store: Store, _ then: @escaping Answer) {
        guard caller.isLocal else {
            return then(.error(.notAllowed("'backup' is for connections from the hub's machine")))
        }
        store.backup(to: path) { result in then(Reply(result) { .shape(BackupReport(bytes: $0)) }) }
    }
}

extension Reply {
    /// What is made of what the store read, or why it could not.
    init<Success>(_ result: Result<Success, Store.Error>, _ reply: (Success) -> Reply) {
        switch result {
        case .success(let success): self = reply(success)
        case .failure(let error): self = .error(.store(error))
        }
    }

    /// The same where what was done cannot be stored at the moment.
    package var unstored: Reply {
        switch self {
        case .ok, .future: .unstored
        case .json(let json): .unstoredJSON(json)
        default: self
        }
    }
}
