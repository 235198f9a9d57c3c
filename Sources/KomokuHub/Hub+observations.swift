internal import Komoku
package import KomokuStore

extension Hub {
    /// Applies what a source observed, in order. A refused observation becomes a dead letter.
    package func apply(_ observations: [Observation]) {
        for observation in observations {
            apply(observation)
            finishHandling()
        }
    }

    private func apply(_ observation: Observation) {
        let feed = observation.feed
        do throws(Refusal) {
            let index = try index(of: feed, for: observation.content)
            let value = try value(of: observation.content, at: index)
            // A replayed message that says what is known is no news: it must not make an old value look fresh.
            if observation.provenance == .retained, states[index].last?.value == value { return }
            accept(value, at: observation.time, of: index, provenance: observation.provenance, cause: feed.cause)
        } catch {
            refuse(observation, error)
        }
    }

    private func index(of feed: Feed, for content: Observation.Content) throws(Refusal) -> Int {
        if let id = feed.cachedID(names: nameGeneration), id.index < states.count, !states[id.index].isRetired {
            return id.index
        }
        guard case .key(let key) = feed.target else { throw Refusal(reason: "a device that is not known") }
        if let index = index(of: key) {
            feed.remember(states[index].id, names: nameGeneration)
            adoptOptions(of: feed, at: index)
            return index
        }
        guard let type = feed.type ?? configuration.type(of: key) ?? Self.type(of: content) else {
            throw Refusal(reason: "not a value")
        }
        if !feed.options.isEmpty { feedOptions[key] = feed.options }
        guard let index = create(key, type: type) else { throw Refusal(reason: "too many keys") }
        feed.remember(states[index].id, names: nameGeneration)
        return index
    }

    private func adoptOptions(of feed: Feed, at index: Int) {
        let key = states[index].name
        guard !feed.options.isEmpty, feedOptions[key] != feed.options else { return }
        feedOptions[key] = feed.options
        states[index].settings = settings(for: key, defined: states[index].settings.defined)
        tellLog(at: index)
    }

    private static func type(of content: Observation.Content) -> KeyType? {
        switch content {
        case .value(.number): .numeric
        case .value(.boolean): .boolean
        case .value(.string): .string
        case .text(let text): Value.infer(text)?.type
        }
    }

    private func value(of content: Observation.Content, at index: Int) throws(Refusal) -> Value {
        let state = states[index]
        let options = state.settings.effective
        let value: Value? =
            switch content {
            case .value(let value) where value.isOf(state.type): value.fitting(options)
            case .value(let value): try? Value(casting: value.json, to: state.type, options: options)
            case .text(let text): Value.infer(text, as: state.type)?.fitting(options)
            }
        guard let value else { throw Refusal(reason: "not a value of \(state.name), which is \(state.type.rawValue)") }
        return value
    }

    private func refuse(_ observation: Observation, _ refusal: Refusal) {
        counters.refused += 1
        let payload =
            switch observation.content {
            case .value(let value): value.description
            case .text(let text): text
            }
        record(
            DeadLetter(
                topic: observation.feed.topic, payload: payload.utf8, reason: refusal.reason, time: clock.now))
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
