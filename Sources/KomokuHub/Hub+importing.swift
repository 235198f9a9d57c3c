package import Komoku
package import KomokuStore

/// Values of one key as they were exported.
package struct ImportedSeries: Hashable, Sendable {
    package var name: KeyName
    /// The first value that is none of null, array and object: an unknown key takes its type.
    package var sample: JSON?

    package init(name: KeyName, sample: JSON?) {
        self.name = name
        self.sample = sample
    }
}

/// A key that points may be imported into.
package struct ImportTarget: Hashable, Sendable {
    package var id: KeyID
    package var type: KeyType
}

/// The newest of the points that were imported into a key.
package struct ImportedNewest: Hashable, Sendable {
    package var key: KeyID
    package var point: Point
    /// The newest with a value: a gap is none. Nil where that is not known.
    package var last: Point?
    /// There are points behind it that wait for their time.
    package var hasFuture: Bool

    /// - Parameter last: nil is `point`, unless that is a gap.
    package init(key: KeyID, point: Point, last: Point? = nil, hasFuture: Bool = false) {
        self.hasFuture = hasFuture
        self.key = key
        self.point = point
        self.last = last ?? (point.value == nil ? nil : point)
    }
}

/// Importing takes two turns of the hub: in the first keys are made, then the points go to the store past the hub, then their
/// newest become last values.
extension Hub {
    /// Defines keys, then finds or makes the key of each series: all, or, on an error, nothing.
    ///
    /// - Returns: for each series its key; nil where there is none and no value tells of what type it would be.
    package func prepareImport(
        _ definitions: [Definition], _ series: [ImportedSeries]
    ) throws(CommandError) -> [ImportTarget?] {
        let checked = try check(definitions.map(\.withoutStrangers))
        let defined = Set(checked.map(\.name))
        var guesses: [KeyName: KeyType] = [:]
        for item in series where index(of: item.name) == nil && !defined.contains(item.name) {
            guard guesses[item.name] == nil, let sample = item.sample else { continue }
            let guess = try Value.guess(sample).type
            guesses[item.name] = configuration.typeOfNew(item.name) ?? guess
        }
        let new = guesses.count + checked.count { index(of: $0.name) == nil }
        if new > 0, new + table.namedCount > configuration.maximumKeys { throw .invalidKey }
        for definition in checked { apply(definition) }
        for (name, type) in guesses.sorted(by: { $0.key < $1.key }) { _ = create(name, type: type) }
        // The store must know the keys before their points come.
        handOver()
        return series.map { item in
            index(of: item.name).map { ImportTarget(id: table[$0].id, type: table[$0].type) }
        }
    }

    /// Makes the newest of imported points last values, where they are newer. Nobody is told, and no key falls or goes stale
    /// before `endImport`.
    package func finishImport(of newest: [ImportedNewest], by owner: ObjectIdentifier) {
        readClocks()
        for entry in newest {
            let index = entry.key.index
            guard index < table.count, !table[index].isRetired else { continue }
            settle(index, entry, by: owner)
        }
    }

    private func settle(_ index: Int, _ entry: ImportedNewest, by owner: ObjectIdentifier) {
        if entry.hasFuture { loadFuture(of: entry.key) }
        // Only points that wait for their time came.
        if entry.point.time > futureLimit { return }
        settle(index, entry.point, last: entry.last, replaces: true)
        guard table[index].isTimed else { return }
        (table[index].deadline, table[index].freshUntil) = (nil, nil)
        importing[owner, default: []].insert(entry.key)
    }

    /// All was imported: uptime keys that are true and were not refreshed in time fall, and keys of which the newest is too
    /// old are stale.
    package func endImport(by owner: ObjectIdentifier) {
        for key in importing.removeValue(forKey: owner) ?? [] { scheduleExpiry(at: key.index) }
    }
}
