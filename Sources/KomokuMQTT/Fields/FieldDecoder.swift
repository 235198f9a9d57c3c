package import Komoku
package import KomokuExpression
package import KomokuHub

/// How a mapping makes a key's value of what a device sent.
package struct FieldDecoder: Sendable {
    /// The key's type, where the mapping says it.
    package let type: KeyType?
    /// What a payload means, by its bytes; nil inside is no value. Nil is no table.
    let table: [[UInt8]: Value?]?
    /// Calculates with `value`.
    let expression: CompiledExpression?

    package init(
        type: KeyType? = nil, table: [[UInt8]: Value?]? = nil, expression: CompiledExpression? = nil
    ) {
        self.type = type
        self.table = table
        self.expression = expression
    }

    package enum Input {
        case text(String)
        case number(Double)
        case bool(Bool)

        var text: String {
            switch self {
            case .text(let text): text
            case .number(let number): DecimalNumber.text(number)
            case .bool(let bool): bool ? "true" : "false"
            }
        }

        /// As it came, for an expression, but for the end of a line behind it; nil where it is no value.
        var raw: Value? {
            guard case .text(let text) = self else { return value }
            guard let last = text.utf8.lastIndex(where: { ![0, 10, 13].contains($0) }), value != nil else { return nil }
            return .string(String(text.utf8[...last]) ?? text)
        }

        /// By inference; nil where it is no value.
        var value: Value? {
            switch self {
            case .text(let text): Value.infer(text)?.value
            case .number(let number): .number(number)
            case .bool(let bool): .boolean(bool)
            }
        }
    }

    package enum Outcome {
        case content(Observation.Content)
        /// The device says that it does not know: the last value stays.
        case nothing
        /// The reason, for a person.
        case refused(String)
    }

    package func decode(_ input: Input) -> Outcome {
        if case .text(let text) = input, text.utf8.count > Value.maximumStringLength {
            return .refused("longer than \(Value.maximumStringLength / 1024) KiB")
        }
        if let table { return look(up: input, in: table) }
        if let expression { return calculate(expression, with: input) }
        guard let type else { return Self.infer(input) }
        guard let raw = input.value else { return .nothing }
        return Self.convert(input, raw, to: type)
    }

    private func look(up input: Input, in table: [[UInt8]: Value?]) -> Outcome {
        let text = input.text
        if let entry = table[Array(text.utf8)] ?? table[Array(text.utf8.trimmed)] {
            return entry.map { .content(.value($0)) } ?? .nothing
        }
        return input.value == nil ? .nothing : .refused("'\(text.prefix(40))' is not in the table of values")
    }

    private func calculate(_ expression: CompiledExpression, with input: Input) -> Outcome {
        guard let raw = input.raw else { return .nothing }
        switch expression.outcome({ _ in raw }) {
        case .unknown(let reason): return .refused("'\(expression.text)': \(reason)")
        case .value(.string(let text)) where expression.kind == nil && type == nil:
            // What was sent, and nobody has said what it is.
            return Self.infer(.text(text))
        case .value(let value):
            guard let type, !value.isOf(type) else { return .content(.value(value)) }
            return .refused("'\(expression.text)' makes \(value), which is not \(type.rawValue)")
        }
    }

    private static func infer(_ input: Input) -> Outcome {
        switch input {
        case .text(let text): Value.infer(text) == nil ? .nothing : .content(.text(text))
        case .number(let number): .content(.value(.number(number)))
        case .bool(let bool): .content(.value(.boolean(bool)))
        }
    }

    private static func convert(_ input: Input, _ raw: Value, to type: KeyType) -> Outcome {
        if type == .uptime { return .content(.value(.boolean(raw.isSignOfLife))) }
        if raw.isOf(type) { return .content(.value(raw)) }
        // A text key takes `12.50` as it was sent, a boolean one takes `1`.
        guard let value = Value.infer(input.text, as: type) else {
            return .refused("'\(input.text.prefix(40))' is not \(type.rawValue)")
        }
        return .content(.value(value))
    }
}

extension String.UTF8View {
    /// Without white space at both ends.
    fileprivate var trimmed: Substring.UTF8View {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }
        let rest = drop(while: isSpace)
        guard let last = rest.lastIndex(where: { !isSpace($0) }) else { return rest.prefix(0) }
        return rest[...last]
    }
}
