package import Komoku
import KomokuExpression
package import KomokuHub

/// What is not a change: messages of the broker, webhooks, commands, what is emitted.
extension RuleEngine {
    /// Takes a message of the broker. Its payload is a local as text; bytes that are no UTF-8 become U+FFFD.
    package func message(topic: String, payload: [UInt8], isRetained: Bool, in hub: isolated Hub) {
        let slots = machine.rules.index.slots(ofTopic: topic)
        if slots.isEmpty, machine.runs.awaitsNothing { return }
        let text = String(decoding: payload.prefix(Value.maximumStringLength), as: UTF8.self)
        var occasion = Occasion("mqtt", at: hub.clock.now)
        occasion.arguments = ["topic": .string(topic), "payload": .string(text)]
        occasion.source = "message on \(topic)"
        if let origin = machine.echoes.origin(ofMessage: topic, payload: payload, at: hub.clock.monotonic) {
            occasion.follow(origin)
        }
        let isWanted: @Sendable (Trigger) -> Bool = { trigger in
            guard case .mqtt(_, let payloads) = trigger.form, trigger.firesOnRetained || !isRetained else {
                return false
            }
            return payloads?.contains { $0.utf8.elementsEqual(text.utf8) } ?? true
        }
        let isAwaited: @Sendable (Trigger) -> Bool = { trigger in
            guard case .mqtt(let filter, _) = trigger.form else { return false }
            return isWanted(trigger) && Topic.matches(topic, filter: filter)
        }
        fire(slots, occasion, in: hub, awaited: isAwaited, where: isWanted)
    }

    /// The filters of all `mqtt` triggers, each once: what somebody has to subscribe to. Changes with a reload.
    package func topicFilters(in hub: isolated Hub) -> [String] { machine.rules.index.filters }

    /// Takes a call of a webhook.
    ///
    /// - Parameter arguments: locals beside `payload`.
    /// - Returns: whether a rule has it.
    @discardableResult
    package func webhook(
        _ name: String, payload: String, arguments: [String: Value] = [:], source: String? = nil, in hub: isolated Hub
    ) -> Bool {
        let slots = machine.rules.index.slots(ofWebhook: name)
        let isKnown = !awaitingRules { $0.isWebhook(name) }.isEmpty
        var occasion = Occasion("webhook", at: hub.clock.now)
        occasion.arguments = arguments.merging(["payload": .string(payload)]) { $1 }
        occasion.source = source ?? "webhook \(name)"
        fire(slots, occasion, in: hub, awaited: { $0.isWebhook(name) })
        return !slots.isEmpty || isKnown
    }

    /// Takes what somebody wrote in the chat.
    ///
    /// - Returns: whether it is a command of a rule.
    @discardableResult
    package func command(_ text: String, sender: String, in hub: isolated Hub) -> Bool {
        let found = machine.rules.index.commands(matching: text)
        let firings = found.map { slot, arguments in
            var occasion = Occasion("command", at: hub.clock.now)
            occasion.arguments = arguments.merging(["sender": .string(sender)]) { $1 }
            occasion.source = "command of \(sender)"
            return firing(slot, occasion)
        }
        perform(in: hub) { [self] hub in take(firings, in: hub) }
        return !found.isEmpty
    }

    /// Takes what `komoku emit` sent. The members of an object that are values are locals beside `payload`.
    ///
    /// - Returns: how many rules have it.
    @discardableResult
    package func emit(_ name: String, payload: JSON, source: String? = nil, in hub: isolated Hub) -> Int {
        let slots = machine.rules.index.slots(ofEmitted: name)
        let waiting = awaitingRules { $0.isEmitted(name) }
        var occasion = Occasion("emit", at: hub.clock.now)
        occasion.arguments = payload.locals
        // Without one it is unknown.
        if payload != .null { occasion.arguments["payload"] = .string(payload.string ?? payload.text) }
        occasion.source = source ?? "emit \(name)"
        fire(slots, occasion, in: hub, awaited: { $0.isEmitted(name) })
        return waiting.union(slots.map(\.rule)).count
    }
}

extension Trigger {
    fileprivate func isWebhook(_ name: String) -> Bool {
        if case .webhook(let own) = form { own.utf8.elementsEqual(name.utf8) } else { false }
    }

    fileprivate func isEmitted(_ name: String) -> Bool {
        if case .emit(let own) = form { own.utf8.elementsEqual(name.utf8) } else { false }
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
