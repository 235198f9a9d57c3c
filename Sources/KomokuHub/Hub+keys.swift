package import Komoku
internal import KomokuStore
internal import Logging

extension Hub {
    /// The newest put of a key, or nil where there is none.
    package func last(_ name: KeyName) -> Point? {
        index(of: name).flatMap { table[$0].last }
    }

    package func key(_ name: KeyName) -> KeyInfo? {
        guard let index = index(of: name) else { return nil }
        var info = table[index].info
        if !coming.futures.isEmpty { info.nextFuture = coming.futures[info.id]?.next }
        if !misdatings.times.isEmpty { info.misdated = misdatings.times[info.id]?.count ?? 0 }
        return info
    }

    /// The keys that match, ordered by name, from the first behind `after` on.
    package func keys(matching pattern: KeyPattern, after: KeyName? = nil, limit: Int = .max) -> [KeyInfo] {
        if let name = pattern.name { return after.map { $0 < name } ?? true ? [key(name)].compactMap(\.self) : [] }
        let names = table.namesInOrder()
        let start = after.map { after in names.partitioningIndex { after < $0 } } ?? 0
        return Array(names[start...].lazy.filter(pattern.matches).prefix(limit).compactMap(key))
    }

    /// How many keys there ever were: the number of the next one.
    package var keyBound: Int { table.count }

    /// Counts names that went, with a key that was deleted or renamed: numbers of keys found by name before may be others' now.
    package var goneNames: Int { table.goneNames }

    /// Is another number where `catalogueEntry` may answer otherwise than before.
    package var keyDescriptions: Int { table.descriptions &+ table.goneNames &+ table.count }

    /// What the key of a number below `keyBound` is called; nil for one that was deleted.
    package func name(ofKeyNumbered number: Int) -> KeyName? {
        table.indices.contains(number) && !table[number].isRetired ? table[number].name : nil
    }

    /// The newest value of the key of a number; nil where it has none, and for an event, whose values do not last.
    package func lastingValue(ofKeyNumbered number: Int) -> Value? {
        guard table.indices.contains(number), let value = table[number].last?.value else { return nil }
        return table[number].settings.effective.isEvent ? nil : value
    }

    /// The first key behind `after` that matches, of those that were there when `keyBound` was `bound`.
    package func key(matching pattern: KeyPattern, after: KeyName?, before bound: Int) -> KeyName? {
        func isOld(_ name: KeyName) -> Bool { index(of: name).map { $0 < bound } ?? false }
        if let name = pattern.name { return isOld(name) && (after.map { $0 < name } ?? true) ? name : nil }
        let names = table.namesInOrder()
        let start = after.map { after in names.partitioningIndex { after < $0 } } ?? 0
        return names[start...].first { pattern.matches($0) && isOld($0) }
    }

    /// Deletes a key with its history; subscriptions to it stay.
    ///
    /// - Throws: `CommandError.invalidKey` where there is none.
    package func delete(_ name: KeyName) throws(CommandError) {
        guard let index = index(of: name) else { throw .invalidKey }
        retire(index)
        finishHandling()
    }

    func retire(_ index: Int) {
        tellDeleted(index)
        table.free(table[index].name)
        if let device = table[index].device { catalogue.lose(table[index].name, device.property) }
        batch.deletedKeys.append(table[index].id)
        table[index].isRetired = true
        feed(table[index].id, by: .nobody)
        table[index].last = nil
        table[index].stored = nil
        table[index].deadline = nil
        table[index].freshUntil = nil
        table[index].isStale = false
        coming.futures[table[index].id] = nil
        misdatings.times[table[index].id] = nil
        forgetRepairs(of: table[index].id)
        table[index].device = nil
        table[index].watchers = .none
        tellLog(at: index)
    }

    func index(of name: KeyName) -> Int? { table.index(of: name) }

    /// - Returns: the new key's index, or nil where there are too many keys.
    func create(
        _ name: KeyName, type: KeyType, defined: KeyOptions = KeyOptions(), device: KeyDevice? = nil,
        feeding: Feeding = .nobody
    ) -> Int? {
        guard table.namedCount < configuration.maximumKeys, table.count < Store.keyLimit,
            let number = Int32(exactly: table.count)
        else { return nil }
        var state = KeyState(
            name: name, id: KeyID(rawValue: number), created: clock.now, type: type,
            settings: settings(for: name, defined: defined, device: device, feeding: feeding))
        state.device = device
        table.append(state)
        feed(state.id, by: feeding)
        if !formerNames.isEmpty { forgetFormerName(name) }
        tellLog(at: state.id.index)
        batch.keys.append(record(at: state.id.index))
        return state.id.index
    }

    private static let maximumShared = 1024

    /// The options of a key: the configuration's patterns, then the device's, then those of what feeds it, then the
    /// configuration's entry of that very name, then what clients defined; of two that say the same thing the later counts.
    ///
    /// - Parameter device: of a key that is being made.
    func settings(
        for name: KeyName, defined: KeyOptions, device: KeyDevice? = nil, feeding: Feeding = .nobody
    ) -> KeySettings {
        let entries = configuration.keys.matching(name)
        var layers = entries.filter { !$0.pattern.isLiteral }.map(\.options)
        if let played = configuration.playedKeys?[name] { layers.append(played.options) }
        layers.append(device?.description.keyOptions ?? deviceOptions(of: name))
        layers.append(configuration.sources.options(of: name, fedBy: feeding))
        layers += entries.filter(\.pattern.isLiteral).map(\.options)
        layers.append(defined.defined)
        var effective = KeyOptions()
        for layer in layers where !layer.isEmpty {
            // Each layer was checked when it was read.
            if let merged = try? effective.merging(layer) { effective = merged }
        }
        if let shared = sharedSettings[effective], shared.defined == defined { return shared }
        let settings = KeySettings(defined: defined, effective: effective)
        // Sharing saves memory; what was once shared must not cost any for ever.
        if sharedSettings.count >= Self.maximumShared { sharedSettings = [:] }
        sharedSettings[effective] = settings
        return settings
    }

    /// What the device says of its property, also of one that it has no more.
    private func deviceOptions(of name: KeyName) -> [JSON.Member] {
        guard let index = index(of: name) else { return [] }
        return (table[index].device?.description ?? catalogue.gone[table[index].id])?.keyOptions ?? []
    }

    /// Works the options of a key out again.
    func refreshSettings(at index: Int) {
        table.describedAnew()
        // Whom it concerns may hang on what it is.
        table[index].watchersGeneration = 0
        table[index].settings = settings(
            for: table[index].name, defined: table[index].settings.defined, feeding: feeding(of: table[index].id))
        scheduleExpiry(at: index)
        tellLog(at: index)
    }

    /// Tells the store whether a key is a log, and how much of it is kept; and when nobody watches it.
    func tellLog(at index: Int) {
        if !table[index].isRetired { tellWatching(at: index) }
        let (state, options) = (table[index], table[index].settings.effective)
        if options.isLog, state.type == .string, !state.isRetired {
            logs.insert(state.id)
            store.setLog(Store.LogKeeping(count: options.keep, age: options.keepFor), of: state.id)
        } else if logs.remove(state.id) != nil {
            store.setLog(nil, of: state.id)
        }
        tellCounter(at: index)
        tellIntegral(at: index)
    }

    /// Tells the store how a counter is read.
    private func tellCounter(at index: Int) {
        let (state, options) = (table[index], table[index].settings.effective)
        let rules = CounterRules(options)
        if state.type == .counter, !state.isRetired, rules != CounterRules() {
            ruledCounters.insert(state.id)
            store.setCounter(rules, of: state.id)
        } else if ruledCounters.remove(state.id) != nil {
            store.setCounter(nil, of: state.id)
        }
    }

    /// Makes the keys that the configuration names and gives a type, so that they are listed before their first put.
    func declareConfiguredKeys() {
        for entry in configuration.keys {
            guard let name = entry.pattern.name, let type = entry.type else { continue }
            guard let index = index(of: name) else {
                if create(name, type: type) == nil { logger.error("too many keys", metadata: ["key": "\(name)"]) }
                continue
            }
            if table[index].type != type {
                logger.error(
                    "the key has another type in the database; delete it there or change the configuration",
                    metadata: [
                        "key": "\(name)", "database": "\(table[index].type.rawValue)",
                        "configuration": "\(type.rawValue)",
                    ])
            }
        }
    }

    /// Takes over the sections `hub` and `keys` of a new configuration.
    package func reload(_ configuration: Configuration) {
        readClocks()
        self.configuration = configuration
        sharedSettings = [:]
        // Feeds that stay may count before others now.
        table.namesChanged()
        renameDevices()
        for index in table.indices where !table[index].isRetired { refreshSettings(at: index) }
        declareConfiguredKeys()
        leaveSwitchedOff()
    }
}

extension Array {
    /// The first index whose element satisfies `belongs`; the elements before it do not (binary search).
    func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
