internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire
internal import Synchronization

/// What clients keep at the hub: small JSON values under a name, each of an owner. In memory and in the database; for any thread.
final class DocumentShelf: Sendable {
    /// The most bytes of one document's text.
    static let mostBytes = 64 << 10
    /// The most documents of one owner.
    static let mostOfOwner = 64
    /// The most bytes of all together.
    static let mostOfAll = 32 << 20
    /// Whose those of the house are.
    static let house = "shared"

    struct Place: Hashable, Sendable {
        let owner: String
        let name: String
    }

    fileprivate struct State {
        var owners: [String: [String: DocumentRow]] = [:]
        var bytes = 0
        /// The newest that was given.
        var revision: Int64 = 0
        /// They could not be read: nothing is written over them.
        var fault: String?
    }

    private let state = Mutex(State())
    private let store: Store
    private let clock: any HubClock

    /// Reads what there is, which waits for the disk.
    init(_ store: Store, clock: any HubClock) {
        (self.store, self.clock) = (store, clock)
        do throws(Store.Error) {
            let rows = try store.documents()
            state.withLock { state in
                state.revision = rows.revision
                for row in rows.documents { state.set(row) }
            }
        } catch {
            state.withLock { $0.fault = error.description }
        }
    }

    /// Those of an owner, by name.
    func list(of owner: String) throws(Refusal) -> [DocumentRow] {
        try read { state in
            (state.owners[owner] ?? [:]).values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        }
    }

    func document(_ place: Place) throws(Refusal) -> DocumentRow? {
        try read { $0.owners[place.owner]?[place.name] }
    }

    private func read<Found>(_ body: (State) -> Found) throws(Refusal) -> Found {
        let (found, fault) = state.withLock { (body($0), $0.fault) }
        if let fault { throw .store("what clients keep cannot be read: \(fault)") }
        return found
    }

    /// Writes a document, or deletes it. It is on disk after the next commit.
    ///
    /// - Parameters:
    ///   - content: nil deletes.
    ///   - expected: the revision that it has to have; 0 is none, nil any.
    ///   - most: bytes of its text.
    /// - Returns: the new revision.
    /// - Throws: where it has another one, or does not fit.
    func put(_ content: JSON?, at place: Place, expecting expected: Int64?, most: Int = mostBytes) throws(Refusal)
        -> Int64
    {
        let now = clock.now
        let text = content?.text
        if let text, text.utf8.count > most {
            throw Refusal(
                .invalidValue, "'\(place.name)' has \(text.utf8.count) bytes, and a document at most \(most)")
        }
        return try state.withLock { state throws(Refusal) in
            if let fault = state.fault { throw .store("what clients keep cannot be read: \(fault)") }
            let kept = state.owners[place.owner]?[place.name]
            if let expected, expected != kept?.revision ?? 0 { throw .conflict(place.name, kept?.revision) }
            if text == nil, kept == nil { throw .notFound("there is no document '\(place.name)'") }
            try state.check(text, instead: kept, at: place)
            state.revision += 1
            let row = text.map { text in
                DocumentRow(owner: place.owner, name: place.name, revision: state.revision, time: now, content: text)
            }
            if let row { state.set(row) } else { state.remove(place) }
            keep([DocumentWrite(owner: place.owner, name: place.name, revision: state.revision, row)])
            return state.revision
        }
    }

    /// Of somebody who is not there any more: who is called like him next has none of them.
    func removeAll(of owner: String) {
        state.withLock { state in
            guard state.fault == nil, let names = state.owners[owner]?.keys.sorted(), !names.isEmpty else { return }
            state.revision += 1
            let revision = state.revision
            keep(names.map { DocumentWrite(owner: owner, name: $0, revision: revision, nil) })
            for name in names { state.remove(Place(owner: owner, name: name)) }
        }
    }

    /// What somebody kept while nobody needed a name becomes that of the first user, as far as he has none of that name.
    func hand(from old: String, to new: String) {
        let now = clock.now
        state.withLock { state in
            guard state.fault == nil, let kept = state.owners[old], !kept.isEmpty else { return }
            var writes: [DocumentWrite] = []
            for (name, row) in kept.sorted(by: { $0.key < $1.key }) where state.owners[new]?[name] == nil {
                state.revision += 1
                let moved = DocumentRow(
                    owner: new, name: name, revision: state.revision, time: now, content: row.content)
                state.remove(Place(owner: old, name: name))
                state.set(moved)
                writes.append(DocumentWrite(owner: old, name: name, revision: state.revision, nil))
                writes.append(DocumentWrite(owner: new, name: name, revision: state.revision, moved))
            }
            if !writes.isEmpty { keep(writes) }
        }
    }

    private func keep(_ writes: [DocumentWrite]) {
        var batch = Batch()
        batch.documents = writes
        store.append(batch)
    }
}

extension DocumentShelf.State {
    mutating func set(_ row: DocumentRow) {
        remove(DocumentShelf.Place(owner: row.owner, name: row.name))
        owners[row.owner, default: [:]][row.name] = row
        bytes += row.content.utf8.count
    }

    mutating func remove(_ place: DocumentShelf.Place) {
        guard let row = owners[place.owner]?.removeValue(forKey: place.name) else { return }
        bytes -= row.content.utf8.count
        if owners[place.owner]?.isEmpty == true { owners[place.owner] = nil }
    }

    func check(_ text: String?, instead kept: DocumentRow?, at place: DocumentShelf.Place) throws(Refusal) {
        guard let text else { return }
        if kept == nil, (owners[place.owner]?.count ?? 0) >= DocumentShelf.mostOfOwner {
            throw Refusal(
                .invalidValue, "there are \(DocumentShelf.mostOfOwner) documents already, and no more; delete one first"
            )
        }
        guard bytes - (kept?.content.utf8.count ?? 0) + text.utf8.count <= DocumentShelf.mostOfAll else {
            throw Refusal(
                .invalidValue, "all documents together have at most \(DocumentShelf.mostOfAll) bytes; delete some first"
            )
        }
    }
}

extension Refusal {
    /// - Parameter revision: nil where there is none.
    fileprivate static func conflict(_ name: String, _ revision: Int64?) -> Refusal {
        let state = revision.map { "has revision \($0) by now" } ?? "is not there"
        return .conflict("'\(name)' \(state); read it again, and write what you make of that")
    }
}
