package import Komoku
package import KomokuStore

extension Hub {
    /// Why a key was not renamed, merged or imported into.
    package enum MoveRefusal: Error, Hashable, Sendable {
        case refused(CommandError)
        case unknown(KeyName)
        /// A key of the new name exists.
        case keyExists(KeyName)
        /// The two are one key, or it is being merged already.
        case busy(KeyName)
        case store(Store.Error)
    }

    /// Gives a key another name; id, history, options and last value stay.
    ///
    /// What watches or feeds the old name does so from now on with whatever key has that name next.
    package func rename(_ old: KeyName, to new: KeyName) throws(MoveRefusal) {
        guard let index = index(of: old) else { throw .unknown(old) }
        if old == new { return }
        if self.index(of: new) != nil { throw .keyExists(new) }
        moveKeys([(table[index].id, new)])
    }

    /// Gives keys other names, all at once: two may swap theirs. Each new name is free, or one of those that are left.
    ///
    /// - Parameter heirs: the names of keys that are made next in place of some of them: who asks for an old name means those.
    func moveKeys(_ moves: [(KeyID, KeyName)], heirs: [KeyID: KeyName] = [:]) {
        guard !moves.isEmpty else { return }
        let names = moves.map { (old: table[$0.0.index].name, new: $0.1) }
        for (old, _) in names { table.free(old) }
        for (id, name) in moves {
            table.name(id.index, name)
            table[id.index].watchersGeneration = 0
            // What fed the old name makes a key of that name again.
            feed(id, by: .nobody)
        }
        table.forgetOrder()
        table.namesChanged()
        for (id, _) in moves {
            refreshSettings(at: id.index)
            batch.keys.append(record(at: id.index))
        }
        noteMoves(zip(moves, names).map { move, name in (old: name.old, new: heirs[move.0] ?? name.new) })
        for (_, name) in moves { forgetFormerName(name) }
    }

    /// Copies the history of `source` into `target`, then deletes `source`; of equal times that of `target` counts.
    ///
    /// Until the copy is durable `source` stays and takes puts; those are copied too, in the turn that deletes it. Where the
    /// hub ends before, nothing is lost, and the same again finishes it. Nobody is told of a change.
    ///
    /// - Parameter then: called on the hub's thread with how many points were copied by the store.
    package func merge(
        _ source: KeyName, into target: KeyName,
        then: @escaping @Sendable (Result<Int, MoveRefusal>, isolated Hub) -> Void
    ) {
        do throws(MoveRefusal) {
            let (from, into) = try mergeable(source, target)
            copying[from] = []
            handOver()
            store.copyHistory(of: from, into: into, limit: futureLimit) { [self] result in
                enqueue { hub in then(hub.finishMerge(from, into, result), hub) }
            }
        } catch {
            then(.failure(error), self)
        }
    }

    private func mergeable(_ source: KeyName, _ target: KeyName) throws(MoveRefusal) -> (KeyID, KeyID) {
        guard let first = index(of: source) else { throw .unknown(source) }
        guard let second = index(of: target) else { throw .unknown(target) }
        guard table[first].type == table[second].type else { throw .refused(.typeMismatch) }
        let (from, into) = (table[first].id, table[second].id)
        if from == into || copying[from] != nil { throw .busy(source) }
        return (from, into)
    }

    private func finishMerge(
        _ from: KeyID, _ into: KeyID, _ result: Result<Int, Store.Error>
    ) -> Result<Int, MoveRefusal> {
        let meanwhile = (copying.removeValue(forKey: from) ?? []).filter { $0.pointTime != nil }
        // What was deleted meanwhile takes nothing, and what would be deleted now is all that is left of its history.
        if table[from.index].isRetired || table[into.index].isRetired { return .failure(.refused(.invalidKey)) }
        if case .failure(let error) = result { return .failure(.store(error)) }
        for var put in meanwhile {
            put.key = into
            put.isNewest = false
            if put.dating != .future { put.dating = .hub }
            accepted(put)
        }
        settle(into.index, table[from.index].stored, last: table[from.index].last, replaces: false)
        let hasFuture = coming.futures[from] != nil
        handOverProperty(from, to: into)
        moveReplacements(from: from, to: into)
        let names = (old: table[from.index].name, new: table[into.index].name)
        retire(from.index)
        noteMoves([names], isMerge: true)
        scheduleExpiry(at: into.index)
        if hasFuture { loadFuture(of: into) }
        finishHandling()
        return result.mapError { .store($0) }
    }

    /// Takes over a newest point and a newest put where they are newer than those of a key. Nobody is told.
    ///
    /// - Parameter replaces: whether they also count where they are as old.
    func settle(_ index: Int, _ newestPoint: Point?, last: Point?, replaces: Bool) {
        func isBehind(_ mine: Point?, _ other: Point) -> Bool {
            mine.map { $0.time < other.time || (replaces && $0.time == other.time) } ?? true
        }
        let before = table[index].last
        if let newestPoint, isBehind(table[index].stored, newestPoint) { table[index].stored = newestPoint }
        if let last, isBehind(before, last) {
            readClocks()
            (table[index].last, table[index].tick) = (last, reading.heard(at: last.time))
            (table[index].isGiven, table[index].isRestored) = (true, false)
        }
        guard let last = table[index].last else { return }
        let stored = table[index].stored
        // A newest put that was left out, because it equals the point before it, must be one where it no longer does.
        let isPoint = stored.map { $0.time < last.time && $0.value != last.value } ?? false
        guard isPoint || last != before else { return }
        if isPoint { table[index].stored = last }
        accepted(
            Put(
                key: table[index].id, time: last.time, value: last.value, provenance: last.provenance,
                pointTime: isPoint ? last.time : nil, isNewest: true, dating: table[index].isGiven ? .given : .hub))
    }
}
