package import Komoku
import KomokuExpression
package import KomokuHub

/// A trigger of a rule that fired.
struct Firing {
    /// The place of the rule.
    let rule: Int
    let occasion: Occasion
}

/// What comes from outside, and which triggers it fires.
extension RuleEngine {
    package func handle(_ change: Change, in hub: isolated Hub) {
        let isNews = attachment == .changes || change.previous != change.value || isEvent(change.key, in: hub)
        guard isNews || index.agedKeys.contains(change.key) else { return }
        guard !index.changes.places(of: change.key).isEmpty || isWatched(change.key) else { return }
        perform(in: hub) { [self] hub in if isNews { take(change, in: hub) } else { heard(change, in: hub) } }
    }

    private func isEvent(_ key: KeyName, in hub: isolated Hub) -> Bool { hub.key(key)?.options.isEvent == true }

    /// Takes a put that changed nothing: only ages are other than they were.
    private func heard(_ change: Change, in hub: isolated Hub) {
        var firings: [Firing] = []
        for place in index.changes.places(of: change.key) where rules[Int(place.rule)].isListening {
            guard case .becomes(let expression) = trigger(at: place).form,
                expression.reads.ageLimits.contains(where: { $0.key == change.key }),
                look(at: place, change, in: hub), firings.last?.rule != Int(place.rule)
            else { continue }
            firings.append(Firing(rule: Int(place.rule), occasion: Occasion("becomes", change)))
        }
        take(firings, change, in: hub)
    }

    package func handle(_ event: FreshnessEvent, in hub: isolated Hub) {
        guard !index.freshness.places(of: event.key).isEmpty || isWatched(event.key) else { return }
        perform(in: hub) { [self] hub in take(event, in: hub) }
    }

    /// Takes a message of the broker. Its payload is a local as text; bytes that are no UTF-8 become U+FFFD.
    package func message(topic: String, payload: [UInt8], isRetained: Bool, in hub: isolated Hub) {
        let places = index.places(ofTopic: topic)
        if places.isEmpty { return }
        let text = String(decoding: payload.prefix(Value.maximumStringLength), as: UTF8.self)
        var occasion = Occasion("mqtt", at: hub.clock.now)
        occasion.arguments = ["topic": .string(topic), "payload": .string(text)]
        occasion.source = "message on \(topic)"
        fire(places, occasion, in: hub) { trigger in
            guard case .mqtt(_, let payloads) = trigger.form, trigger.firesOnRetained || !isRetained else {
                return false
            }
            return payloads?.contains { $0.utf8.elementsEqual(text.utf8) } ?? true
        }
    }

    /// The filters of all `mqtt` triggers, each once: what somebody has to subscribe to. Changes with a reload.
    package func topicFilters(in hub: isolated Hub) -> [String] { index.filters }

    /// Takes a call of a webhook.
    ///
    /// - Parameter arguments: locals beside `payload`.
    /// - Returns: whether a rule has it.
    @discardableResult
    package func webhook(
        _ name: String, payload: String, arguments: [String: Value] = [:], source: String? = nil, in hub: isolated Hub
    ) -> Bool {
        let places = index.places(ofWebhook: name)
        var occasion = Occasion("webhook", at: hub.clock.now)
        occasion.arguments = arguments.merging(["payload": .string(payload)]) { $1 }
        occasion.source = source ?? "webhook \(name)"
        fire(places, occasion, in: hub)
        return !places.isEmpty
    }

    /// Takes what somebody wrote in the chat.
    ///
    /// - Returns: whether it is a command of a rule.
    @discardableResult
    package func command(_ text: String, sender: String, in hub: isolated Hub) -> Bool {
        let found = index.commands(matching: text)
        for (place, arguments) in found {
            var occasion = Occasion("command", at: hub.clock.now)
            occasion.arguments = arguments.merging(["sender": .string(sender)]) { $1 }
            occasion.source = "command of \(sender)"
            fire([place], occasion, in: hub)
        }
        return !found.isEmpty
    }

    /// Takes what `komoku emit` sent. The members of an object that are values are locals beside `payload`.
    ///
    /// - Returns: how many rules have it.
    @discardableResult
    package func emit(_ name: String, payload: JSON, source: String? = nil, in hub: isolated Hub) -> Int {
        let places = index.places(ofEmitted: name)
        var occasion = Occasion("emit", at: hub.clock.now)
        occasion.arguments = payload.locals
        occasion.arguments["payload"] = .string(payload.string ?? payload.text)
        occasion.source = source ?? "emit \(name)"
        fire(places, occasion, in: hub)
        return Set(places.map(\.rule)).count
    }

    /// Fires those triggers of `places` that are wanted, the first of each rule.
    func fire(
        _ places: [TriggerIndex.Place], _ occasion: Occasion, in hub: isolated Hub,
        where isWanted: @escaping @Sendable (Trigger) -> Bool = { _ in true }
    ) {
        if places.isEmpty { return }
        perform(in: hub) { [self] hub in
            var firings: [Firing] = []
            for place in places where firings.last?.rule != Int(place.rule) {
                guard rules.indices.contains(Int(place.rule)), isWanted(trigger(at: place)) else { continue }
                firings.append(Firing(rule: Int(place.rule), occasion: occasion))
            }
            take(firings, in: hub)
        }
    }

    func trigger(at place: TriggerIndex.Place) -> Trigger { rules[Int(place.rule)].rule.triggers[Int(place.trigger)] }

    // MARK: Changes

    private func take(_ change: Change, in hub: isolated Hub) {
        var firings: [Firing] = []
        for place in index.changes.places(of: change.key) {
            // A rule that does not listen remembers nothing; that it would have run is said.
            guard rules[Int(place.rule)].isListening || trigger(at: place).isMomentary else { continue }
            // Each is looked at, whatever the others do: those that hold, and `becomes`, remember.
            guard fires(place, change, in: hub), firings.last?.rule != Int(place.rule) else { continue }
            firings.append(Firing(rule: Int(place.rule), occasion: Occasion(trigger(at: place).word, change)))
        }
        take(firings, change, in: hub)
    }

    private func take(_ event: FreshnessEvent, in hub: isolated Hub) {
        guard let change = event.change else { return }
        var firings: [Firing] = []
        for place in index.freshness.places(of: event.key) {
            guard rules[Int(place.rule)].isListening || trigger(at: place).isMomentary else { continue }
            guard fires(place, event, change, in: hub), firings.last?.rule != Int(place.rule) else { continue }
            firings.append(
                Firing(rule: Int(place.rule), occasion: Occasion(trigger(at: place).word, change, at: event.time)))
        }
        take(firings, change, in: hub)
    }

    private func fires(_ place: TriggerIndex.Place, _ change: Change, in hub: isolated Hub) -> Bool {
        let trigger = trigger(at: place)
        switch trigger.form {
        case .change(let pattern, let to, let from, let step):
            guard pattern.matches(change.key) else { return false }
            let isWanted = to?.contains(change.value) ?? true
            let fires =
                isWanted && Self.matches(from, change.previous) && change.isStep(of: step)
                && change.provenance.fires(onRetained: trigger.firesOnRetained)
            guard let hold = trigger.hold else { return fires }
            let id = Hold.ID(rule: place.rule, trigger: place.trigger, key: change.key)
            // Where any value counts it has to stay as it is; else one of those that count may follow another.
            if to == nil || !isWanted { dropHold(id, in: hub) }
            if fires { beginHold(id, hold, Occasion(trigger.word, change), in: hub) }
            return false
        case .event(let pattern, let values):
            return pattern.matches(change.key) && (values?.contains(change.value) ?? true)
                && change.provenance.fires(onRetained: trigger.firesOnRetained)
                && isEvent(change.key, in: hub)
        case .becomes:
            return look(at: place, change, in: hub)
        default:
            return false
        }
    }

    private func fires(
        _ place: TriggerIndex.Place, _ event: FreshnessEvent, _ change: Change, in hub: isolated Hub
    ) -> Bool {
        let trigger = trigger(at: place)
        switch trigger.form {
        case .freshness(let pattern, let freshness):
            guard pattern.matches(event.key) else { return false }
            let id = Hold.ID(rule: place.rule, trigger: place.trigger, key: event.key)
            guard freshness == event.freshness else {
                dropHold(id, in: hub)
                return false
            }
            guard event.provenance.fires(onRetained: trigger.firesOnRetained) else { return false }
            guard let hold = trigger.hold else { return true }
            beginHold(id, hold, Occasion(trigger.word, change, at: event.time), in: hub)
            return false
        case .becomes:
            return look(at: place, change, in: hub)
        default:
            return false
        }
    }

    private static func matches(_ values: [Value]?, _ value: Value?) -> Bool {
        guard let values else { return true }
        return value.map(values.contains) ?? false
    }
}

extension Trigger {
    /// Whether it fires by what happens alone, not by what was before.
    fileprivate var isMomentary: Bool {
        if case .becomes = form { false } else { hold == nil }
    }
}

extension Occasion {
    /// - Parameter time: nil is the change's own.
    init(_ word: String, _ change: Change, at time: Timestamp? = nil) {
        self.init(word, at: time ?? change.time)
        key = change.key
        value = change.value
        previous = change.previous
        depth = change.cause.depth
        parent = change.cause.run
        source =
            switch change.cause {
            case .message(let topic): "message on \(topic)"
            case .client(let surface): "client \(surface)"
            case .rule(let name, _, _): "rule \(name)"
            case .expiry: "expiry"
            }
    }
}

extension Change {
    /// Whether it changed by so much; where nothing is asked, always.
    fileprivate func isStep(of step: Double?) -> Bool {
        guard let step else { return true }
        guard let value = value.number, let previous = previous?.number else { return false }
        return abs(value - previous) >= step
    }
}

extension Provenance {
    /// Whether a trigger takes a change of this provenance for news.
    func fires(onRetained: Bool) -> Bool {
        switch self {
        case .live, .derived: true
        case .retained: onRetained
        case .restored, .backfill: false
        }
    }
}

extension JSON {
    /// The members of an object that are values.
    fileprivate var locals: [String: Komoku.Value] {
        guard case .object(let members) = self else { return [:] }
        var values: [String: Komoku.Value] = [:]
        for member in members {
            switch member.value {
            case .bool(let bool): values[member.name] = .boolean(bool)
            case .number(let number): values[member.name] = .number(number)
            case .string(let text): values[member.name] = .string(text)
            case .null, .array, .object: break
            }
        }
        return values
    }
}
