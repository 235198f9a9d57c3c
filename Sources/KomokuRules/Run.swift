package import Komoku
import KomokuExpression

/// One going-through of a rule's actions. Whoever performs it asks for one effect after another, so that each sees what
/// those before it did.
package struct Run: Sendable {
    package enum Effect: Hashable, Sendable {
        case put(KeyName, JSON)
        case publish(topic: String, payload: [UInt8], qos: Int, retain: Bool)
        case log(String)
    }

    package enum Next: Hashable, Sendable {
        case effect(Effect)
        /// The run ends here; the reason is one clause for a person.
        case failure(String)
    }

    let rule: Rule
    /// The rule's place in the reactor.
    let index: Int
    package let change: Change
    private var position = 0
    private var hasFailed = false

    init(rule: Rule, index: Int, change: Change) {
        self.rule = rule
        self.index = index
        self.change = change
    }

    package var name: String { rule.name }

    /// What the changes that it makes are caused by.
    package var cause: Cause { .rule(name: rule.name, depth: change.cause.depth + 1) }

    /// The step that `next` gave last, for messages: `step 2 (put hall.light)`.
    package var step: String {
        guard position > 0 else { return "start" }
        let action = rule.actions[position - 1]
        return "step \(action.step) (\(action.name))"
    }

    /// What to do next; nil at the end.
    package mutating func next(_ lookup: Reactor.Lookup) -> Next? {
        guard position < rule.actions.count, !hasFailed else { return nil }
        let action = rule.actions[position]
        position += 1
        do throws(UnknownContent) {
            return .effect(try effect(of: action.work) { Reactor.value(of: $0, change, lookup) })
        } catch {
            hasFailed = true
            return .failure(error.reason)
        }
    }

    private func effect(
        of work: Action.Work, _ lookup: (Reference) -> Value?
    ) throws(UnknownContent) -> Effect {
        switch work {
        case .put(let key, let content):
            return .put(key, try content.filledIn(lookup))
        case .publish(let topic, let content, let qos, let retain):
            let topic = try topic.known(lookup)
            if let fault = Topic.fault(in: topic) {
                throw UnknownContent(reason: "'\(topic.prefix(80))' is not a topic to publish to: \(fault)")
            }
            let json = try content.filledIn(lookup)
            let payload = if case .string(let text) = json { Array(text.utf8) } else { json.bytes }
            return .publish(topic: topic, payload: payload, qos: qos, retain: retain)
        case .log(let template):
            // A text for people is worth writing even if a part of it is unknown.
            return .log(template.filledIn(lookup).text)
        }
    }
}
