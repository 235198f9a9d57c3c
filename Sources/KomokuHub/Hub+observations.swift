internal import Komoku
package import KomokuStore

extension Hub {
    /// Applies what a source observed in one message, in order: whoever acts on changes sees the first one when all of them are
    /// applied. A refused observation becomes a dead letter.
    package func apply(_ observations: [Observation]) {
        apply(observations[...])
    }

    package func apply(_ observations: ArraySlice<Observation>) {
        readClocks()
        counters.messages += 1
        counters.lastMessage = reading.wall
        for observation in observations { apply(observation) }
        finishHandling()
    }

    private func apply(_ observation: Observation) {
        let feed = observation.feed
        do throws(Refusal) {
            guard let index = try index(of: feed, for: observation.content) else {
                counters.unknownProperties += 1
                return
            }
            if feed.isCommand, table[index].device != nil {
                return try command(observation.content.json, at: index, cause: feed.cause)
            }
            if case .unknown = observation.content { return forgetValue(at: index) }
            var value = try value(of: observation.content, at: index)
            var time = observation.time
            if feed.isCommand, !interpreters.isEmpty {
                guard let meant = try meaning(of: value, dated: &time, at: index, cause: feed.cause) else { return }
                value = meant
            }
            if let time, table[index].type != .uptime {
                return take(value, measured: time, at: index, observation)
            }
            if observation.provenance == .retained, isNoNews(value, at: index) { return confirm(at: index) }
            accept(value, at: nil, of: index, provenance: observation.provenance, cause: feed.cause)
            if table[index].command != nil, observation.provenance == .live { heard(value, at: index) }
        } catch {
            refuse(observation, error)
        }
    }

    /// A replayed message that says what is known is no news: it must not make an old value look fresh. And nobody presses a
    /// button because the hub connects.
    private func isNoNews(_ replayed: Value, at index: Int) -> Bool {
        table[index].last?.value == replayed || table[index].settings.effective.isEvent
    }

    private func command(_ json: JSON, at index: Int, cause: Cause) throws(Refusal) {
        do throws(CommandRefusal) {
            try begin(try checked(json, at: index), at: index, dated: nil, cause: cause)
        } catch {
            throw Refusal(reason: error.description)
        }
    }

    /// - Returns: nil where nothing is to be done.
    private func meaning(
        of value: Value, dated time: inout Timestamp?, at index: Int, cause: Cause
    ) throws(Refusal) -> Value? {
        do throws(CommandError) {
            guard let json = try meaning(of: value.json, dated: &time, at: index, cause: cause) else { return nil }
            return try Value(casting: json, to: table[index].type, options: table[index].settings.effective)
        } catch {
            throw Refusal(reason: "\(table[index].name) takes no such value")
        }
    }

    /// - Returns: nil for a property that no described device has.
    private func index(of feed: Feed, for content: Observation.Content) throws(Refusal) -> Int? {
        if let id = feed.cachedID(names: table.generation), id.index < table.count, !table[id.index].isRetired {
            return id.index
        }
        let key: KeyName
        switch feed.target {
        case .key(let name): key = name
        case .property(let property):
            guard let index = index(of: property) else { return nil }
            feed.remember(table[index].id, names: table.generation)
            return index
        }
        if let index = index(of: key) {
            feed.remember(table[index].id, names: table.generation)
            note(feed, at: index)
            return index
        }
        guard let type = feed.type ?? configuration.type(of: key) ?? Self.type(of: content) else {
            throw Refusal(reason: "not a value")
        }
        let feeding = feed.source.map { Feeding.source($0.text) } ?? .nobody
        guard let index = create(key, type: type, feeding: feeding) else { throw Refusal(reason: "too many keys") }
        feed.remember(table[index].id, names: table.generation)
        return index
    }

    private static func type(of content: Observation.Content) -> KeyType? {
        switch content {
        case .value(.number): .numeric
        case .value(.boolean): .boolean
        case .value(.string): .string
        case .text(let text): Value.infer(text)?.type
        case .unknown: nil
        }
    }

    private func value(of content: Observation.Content, at index: Int) throws(Refusal) -> Value {
        let state = table[index]
        let options = state.settings.effective
        let value: Value? =
            switch content {
            case .value(let value) where value.isOf(state.type): value.fitting(options) ?? reported(value, at: index)
            case .value(let value):
                (try? Value(casting: value.json, to: state.type, options: options)) ?? declared(value, at: index)
            case .text(let text): Value.infer(text, as: state.type)?.fitting(options)
            case .unknown: nil
            }
        guard let value else { throw Refusal(reason: "not a value of \(state.name), which is \(state.type.rawValue)") }
        return value
    }

    /// What a value of a type that was only guessed means to a key whose type somebody declared: as in a mapping, `1` and `ON`
    /// are true.
    private func declared(_ value: Value, at index: Int) -> Value? {
        guard table[index].device?.description.isGuessed == true else { return nil }
        return Value.infer(value.description, declared: table[index].type)?.fitting(table[index].settings.effective)
    }

    /// A device may report a word that it did not announce; a list that the configuration gives stays closed.
    private func reported(_ value: Value, at index: Int) -> Value? {
        guard case .string(let text) = value, text.utf8.count <= Value.maximumStringLength,
            let announced = table[index].device?.description.values,
            announced == table[index].settings.effective.values
        else { return nil }
        return value
    }

    private func refuse(_ observation: Observation, _ refusal: Refusal) {
        counters.refused += 1
        let payload =
            switch observation.content {
            case .value(let value): value.description
            case .text(let text): text
            case .unknown: ""
            }
        record(
            DeadLetter(
                topic: observation.feed.topic, payload: payload.utf8, reason: refusal.reason, time: clock.now))
    }

    /// Notes which messages of the broker this turn's batch comes of.
    package func note(_ receipts: ReceiptChange) {
        batch.receipts.append(receipts)
    }

    /// Keeps a message that could not be used.
    package func record(_ letter: DeadLetter) {
        counters.deadLetters += letter.count
        batch.deadLetters.append(letter)
    }

    private struct Refusal: Error {
        let reason: String
    }
}

extension Observation.Content {
    /// As a client would put it.
    fileprivate var json: JSON {
        switch self {
        case .value(let value): value.json
        case .text(let text): .string(text)
        case .unknown: .null
        }
    }
}

/// Which source of the configuration feeds which key: kept with the key, since the source's options are the key's also
/// before the next message.
extension Hub {
    func feeding(of key: KeyID) -> Feeding { feedings[key] ?? .nobody }

    func feed(_ key: KeyID, by feeding: Feeding) {
        feedings[key] = feeding == .nobody ? nil : feeding
    }

    /// Notes that messages of a feed come to a key.
    func note(_ feed: Feed, at index: Int) {
        let id = table[index].id
        guard let source = feed.source, configuration.sources.isBetter(source, than: feeding(of: id)) else { return }
        feedings[id] = .source(source.text)
        batch.keys.append(record(at: index))
        refreshSettings(at: index)
    }

    /// A key as the database holds it.
    func record(at index: Int) -> KeyRecord {
        let state = table[index]
        return KeyRecord(
            id: state.id, name: state.name, type: state.type, options: state.settings.defined.defined,
            created: state.created, source: feeding(of: state.id).kept)
    }
}
