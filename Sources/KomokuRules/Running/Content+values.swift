package import Komoku
package import KomokuExpression

/// Why a value could not be worked out; one clause.
package struct UnknownContent: Error, Hashable, Sendable {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

extension Content {
    package func filledIn(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> JSON {
        switch self {
        case .constant(let json):
            return json
        case .text(let template):
            return .string(try template.known(lookup))
        case .expression(let expression):
            return try expression.known(lookup).json
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

    /// As a local has it: nil where it is unknown or null, JSON text for lists and mappings.
    func local(_ lookup: (Reference) -> Value?) -> Value? {
        switch self {
        case .expression(let expression): return expression.evaluate(lookup)
        default: return (try? filledIn(lookup)).flatMap { Value(local: $0) }
        }
    }

    /// The expressions in it.
    var expressions: [CompiledExpression] {
        switch self {
        case .constant: []
        case .text(let template): template.expressions
        case .expression(let expression): [expression]
        case .array(let items): items.flatMap(\.expressions)
        case .object(let members): members.flatMap(\.content.expressions)
        }
    }
}

extension CompiledExpression {
    func known(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> Value {
        switch outcome(lookup) {
        case .value(let value): return value
        case .unknown(let reason): throw UnknownContent(reason: reason)
        }
    }

    func number(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> Double {
        let value = try known(lookup)
        guard case .number(let number) = value, number.isFinite else {
            throw UnknownContent(reason: "a number is needed, there is \(ValueKind(value).phrase)")
        }
        return number
    }
}

extension CompiledTemplate {
    /// The text, where every part of it is known.
    package func known(_ lookup: (Reference) -> Value?) throws(UnknownContent) -> String {
        let (text, unknown) = filledIn(lookup)
        if let unknown { throw UnknownContent(reason: unknown) }
        return text
    }

    var expressions: [CompiledExpression] {
        parts.compactMap { if case .expression(let expression) = $0 { expression } else { nil } }
    }
}

extension Value {
    fileprivate init?(local json: JSON) {
        let value: Value
        switch json {
        case .null: return nil
        case .bool(let bool): value = .boolean(bool)
        case .number(let number): value = .number(number)
        case .string(let text): value = .string(text)
        case .array, .object: value = .string(json.text)
        }
        if let text = value.string, text.utf8.count > Value.maximumStringLength { return nil }
        self = value
    }
}

extension JSON {
    /// As a message has it: a text as it is, everything else as JSON.
    var payload: [UInt8] { if case .string(let text) = self { Array(text.utf8) } else { bytes } }
}
