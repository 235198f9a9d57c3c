internal import Komoku
package import KomokuWire

extension Command {
    /// What it touches, for the rights of who asks. A command that is not named here is for administrators.
    enum Reach: Sendable {
        /// Also who has not said who he is.
        case anybody
        /// Who is known; what he may not read is left out of the answer.
        case known
        /// Keys that it changes have to be allowed, and those that it tells of, which are as unknown ones else.
        case keys(reading: [KeyName], writing: [KeyName])
        /// It tells of the whole house: who may read every key.
        case house
        /// It makes the house do something: who may put every key, too.
        case running
        case administration
    }

    var reach: Reach {
        switch self {
        case .put(let request): writing(request.key)
        case .increment(let request): writing(request.key)
        case .define(let definitions):
            .keys(
                reading: definitions.compactMap(\.source), writing: definitions.compactMap { KeyName($0.name) })
        case .import(let request):
            .keys(
                reading: request.definitions.compactMap(\.source),
                writing: request.definitions.compactMap { KeyName($0.name) } + request.series.map(\.name))
        case .delete(let request): changing([request.key])
        case .setHelper(let helper):
            .keys(
                reading: helper.trackers ?? [],
                writing: [helper.key] + (helper.kind == .timer ? [helper.key.timerEnd].compactMap(\.self) : []))
        case .removeHelper(let request): changing([request.key])
        case .rename(let request): .keys(reading: [request.key], writing: [request.key, request.name])
        case .merge(let request): changing([request.key, request.target])
        case .statistics(let request): reading(request.key)
        case .profile(let request): reading(request.key)
        case .spans(let request): reading(request.key)
        case .repair(let request): request.isList ? reading(request.key) : changing([request.key])
        case .why(let request): if case .key(let key) = request.subject { reading(key) } else { .known }
        default: name.reach ?? .administration
        }
    }

    private func reading(_ key: KeyName) -> Reach { .keys(reading: [key], writing: []) }
    private func writing(_ key: KeyName) -> Reach { .keys(reading: [], writing: [key]) }
    private func changing(_ keys: [KeyName]) -> Reach { .keys(reading: keys, writing: keys) }
}

extension Command.Name {
    /// Where it is the same whatever the command says.
    fileprivate var reach: Command.Reach? {
        switch self {
        case .ping, .auth: .anybody
        case .get, .last, .fetch, .keys, .export, .hub, .stats, .unsub, .unfollow, .setPassword, .sub, .devices, .rules,
            .runs, .follow, .renames, .status, .notifications, .documents, .document, .putDocument, .rooms, .energy,
            .ruleExamples, .activity, .helpers, .agents, .hello, .report, .sizes:
            .known
        case .store, .uses, .cells, .checkRules, .testRules, .replayRules: .house
        case .emit, .run, .enable, .disable, .stopRuns, .acknowledge, .replace, .forget, .renameDevice, .updateDevice,
            .removeDevice, .setRoom, .removeRoom, .resetRooms, .setAgent, .forgetAgent:
            .running
        case .deadLetters, .clearDeadLetters, .compact, .backup, .reload, .changeCell, .users, .addUser, .removeUser,
            .setRights, .tokens, .addToken, .removeToken, .ruleFiles, .ruleFile, .ruleText, .saveRuleFile,
            .ruleVersions,
            .ruleVersion:
            .administration
        case .put, .increment, .decrement, .define, .import, .delete, .rename, .merge, .statistics, .profile, .spans,
            .repair, .why, .setHelper, .removeHelper:
            nil
        }
    }

    /// Whether it changes keys, whichever its members name.
    fileprivate var isWriting: Bool {
        switch self {
        case .put, .increment, .decrement, .define, .import, .delete, .rename, .merge, .setHelper, .removeHelper: true
        default: false
        }
    }
}

extension KeyDefinition {
    /// The key that it follows: who defines it could read that one through it.
    fileprivate var source: KeyName? {
        let integrate = options.last { $0.name.utf8.elementsEqual("integrate".utf8) }?.value
        return (integrate?["from"] ?? integrate)?.string.flatMap { KeyName($0) }
    }
}

extension Caller {
    /// - Returns: his rights at this moment.
    /// - Throws: where he may not do it.
    @discardableResult
    package func check(_ command: Command) throws(Refusal) -> Rights {
        let identity = identity
        guard let rights = identity.validRights else {
            if case .anybody = command.reach { return .none }
            throw identity.kind == .unknown ? AccessRefusal.unknown.refusal : AccessRefusal.ended.refusal
        }
        try rights.check(command)
        return rights
    }
}

extension Caller {
    /// As far as a command's name tells, before its members are there.
    ///
    /// - Throws: where he may not do it, whatever they are.
    package func check(_ name: Command.Name) throws(Refusal) {
        guard let rights = identity.validRights, !rights.isAdmin else { return }
        if let reach = name.reach { return try rights.check(reach, name) }
        if name.isWriting, rights.writing?.isEmpty == true { throw .notAllowed("you may not put anything") }
    }
}

extension Rights {
    /// - Throws: where it may not be done.
    package func check(_ command: Command) throws(Refusal) { try check(command.reach, command.name) }

    fileprivate func check(_ reach: Command.Reach, _ name: Command.Name) throws(Refusal) {
        guard !isAdmin else { return }
        switch reach {
        case .anybody, .known: return
        case .keys(let read, let written):
            // First what does not depend on what there is.
            if let key = written.first(where: { !mayWrite($0) }) { throw .notAllowed("you may not put '\(key)'") }
            if let key = read.first(where: { !mayRead($0) }) { throw .unknownKey(key) }
        case .house where readsAll: return
        case .running where readsAll && writesAll: return
        case .house: throw .notAllowed("'\(name.rawValue)' is for those who may read every key")
        case .running: throw .notAllowed("'\(name.rawValue)' is for those who may read and put every key")
        case .administration: throw .notAllowed("'\(name.rawValue)' is for administrators")
        }
    }
}
