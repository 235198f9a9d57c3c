internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

extension Refusal {
    /// The store could not read or write what was asked for.
    static func store(_ error: Store.Error) -> Refusal { .store(error.description) }

    init(_ error: Hub.MoveRefusal) {
        switch error {
        case .refused(.typeMismatch): self.init(.typeMismatch, "only keys of one type can be merged")
        case .refused(let error): self.init(error)
        case .unknown(let name): self = .unknownKey(name)
        case .keyExists(let name): self = .keyExists("a key '\(name)' exists; merge into it instead")
        case .busy(let name): self.init(.invalidQuery, "'\(name)' is being merged, or would be merged into itself")
        case .store(let error): self = .store(error)
        }
    }
}

extension Hub {
    /// A key as somebody sees it: one that he may not read is none.
    func key(_ name: KeyName, for rights: Rights) -> KeyInfo? { rights.mayRead(name) ? key(name) : nil }

    func existing(_ name: KeyName) throws(Refusal) -> KeyInfo {
        guard let key = key(name) else { throw .unknownKey(name) }
        return key
    }
}
