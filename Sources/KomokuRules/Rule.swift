package import Komoku
import KomokuExpression
import KomokuHub

/// A rule as it was read and checked: when one of its triggers fires and its condition holds, its actions run in order.
package struct Rule: Sendable {
    package let name: String
    package let position: SourcePosition
    /// What was written, without its place: a rule whose content did not change keeps its state over a reload.
    let content: JSON?
    let triggers: [Trigger]
    let condition: CompiledExpression?
    let actions: [Action]
}

/// What makes a rule look at its condition.
enum Trigger: Sendable {
    /// A change of a key that matches, from one of some values to one of some values; nil is any.
    case change(KeyPattern, to: [Value]?, from: [Value]?, firesOnRetained: Bool)
    /// An expression that was not true becomes true. What it is at load is where it starts from.
    case becomes(CompiledExpression, firesOnRetained: Bool)
    /// A key that matches went stale, or was heard of again. Neither is a change.
    case freshness(KeyPattern, Freshness, firesOnRetained: Bool)

    /// The keys whose changes it has to see.
    var keys: [KeyPattern] {
        switch self {
        case .change(let pattern, _, _, _): [pattern]
        case .becomes(let expression, _): expression.keys.map { KeyPattern($0) }
        case .freshness(let pattern, _, _): [pattern]
        }
    }
}

/// One effect of a rule, its values still to be worked out. Expressions in it may read `value`, `previous` and `key` of
/// the change that started the run.
struct Action: Sendable {
    enum Work: Sendable {
        case put(KeyName, Content)
        case publish(topic: CompiledTemplate, payload: Content, qos: Int, retain: Bool)
        case log(CompiledTemplate)
    }

    /// Its number in the rule's list, from 1; a `put` of several keys is one step.
    let step: Int
    let work: Work

    var name: String {
        switch work {
        case .put(let key, _): "put \(key)"
        case .publish: "publish"
        case .log: "log"
        }
    }
}

/// A value in an action: constant, calculated, or built of both.
indirect enum Content: Sendable {
    case constant(JSON)
    case text(CompiledTemplate)
    case expression(CompiledExpression)
    case array([Content])
    case object([Member])

    struct Member: Sendable {
        let name: String
        let content: Content
    }
}

/// Why a value could not be worked out; one clause.
struct UnknownContent: Error {
    let reason: String
}

extension Content {
    func filledIn(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> JSON {
        switch self {
        case .constant(let json):
            return json
        case .text(let template):
            return .string(try template.known(lookup))
        case .expression(let expression):
            switch expression.outcome(lookup) {
            case .value(let value): return value.json
            case .unknown(let reason): throw UnknownContent(reason: reason)
            }
        case .array(let items):
            var values: [JSON] = []
            for item in items { values.append(try item.filledIn(lookup)) }
            return .array(values)
        case .object(let members):
            var values: [JSON.Member] = []
            for member in members { values.append(JSON.Member(member.name, try member.content.filledIn(lookup))) }
            return .object(values)
        }
    }
}

extension CompiledTemplate {
    /// The text, where every part of it is known.
    func known(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> String {
        let (text, unknown) = filledIn(lookup)
        if let unknown { throw UnknownContent(reason: unknown) }
        return text
    }
}
