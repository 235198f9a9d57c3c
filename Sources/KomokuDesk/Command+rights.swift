internal import Komoku
package import KomokuWire

extension Command {
    /// What it touches, for the rights of who asks.
    enum Reach: Sendable {
        /// Of keys that it reads or changes, each has to be allowed.
        case keys(reading: [KeyName], writing: [KeyName])
        /// Keys that are not allowed are left out of the answer.
        case list
        /// Everybody may.
        case anybody
        /// The whole house.
        case house
    }

    var reach: Reach {
        switch self {
        case .get(let request), .last(let request): reading(request.name)
        case .fetch(let request): reading(request.name)
        case .put(let request): writing(request.key)
        case .increment(let request): writing(request.key)
        case .define(let definitions): .keys(reading: [], writing: definitions.compactMap { KeyName($0.name) })
        case .statistics(let request): reading(request.key)
        case .profile(let request): reading(request.key)
        case .spans(let request): reading(request.key)
        case .repair(let request): request.isList ? reading(request.key) : writing(request.key)
        case .subscribe(let request), .unsubscribe(let request):
            if case .key(let key) = request.target { reading(key) } else { .house }
        case .keys, .export: .list
        case .ping, .hub, .stats: .anybody
        case .why(let request): if case .key(let key) = request.subject { reading(key) } else { .house }
        default: .house
        }
    }

    private func reading(_ key: KeyName?) -> Reach { .keys(reading: [key].compactMap(\.self), writing: []) }
    private func writing(_ key: KeyName) -> Reach { .keys(reading: [], writing: [key]) }
}

extension Rights {
    /// - Throws: where it may not be done.
    package func check(_ command: Command) throws(Refusal) {
        guard !isAll else { return }
        switch command.reach {
        case .keys(let read, let written):
            if let key = read.first(where: { !mayRead($0) }) { throw .notAllowed("you may not read '\(key)'") }
            if let key = written.first(where: { !mayWrite($0) }) { throw .notAllowed("you may not put '\(key)'") }
        case .list, .anybody: return
        case .house: throw .notAllowed("'\(command.name.rawValue)' is for those who may do everything")
        }
    }
}
