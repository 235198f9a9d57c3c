import Komoku

extension Syntax: CustomStringConvertible {
    package var description: String {
        switch form {
        case .literal(let value): Self.literal(value)
        case .duration(let duration): duration.description
        case .computedName(let key): "`\(key)`"
        case .name(let name, let quoted): quoted ? "`\(name)`" : name.text
        case .prefix(.minus, let operand): "-" + operand.printed(.sign)
        case .prefix(.not, let operand): "not " + operand.printed(.negation)
        case .infix(let infix, let left, let right): Self.infix(infix, left, right)
        case .membership(let operand, let items, let negated):
            "\(operand.printed(.fallback)) \(negated ? "not in" : "in") [\(Self.list(items))]"
        case .conditional(let condition, let a, let b):
            "if \(condition.printed(.disjunction)) then \(a.printed(.disjunction)) else \(b)"
        case .call(let function, let arguments): "\(function.name)(\(Self.list(arguments)))"
        }
    }

    private static func list(_ items: [Syntax]) -> String {
        items.map(\.description).joined(separator: ", ")
    }

    private static func literal(_ value: Value) -> String {
        guard case .string(let text) = value else { return value.description }
        // By scalars: a combining mark after the quote makes one Character of the two.
        return "'" + text.unicodeScalars.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
    }

    private static func infix(_ infix: Infix, _ left: Syntax, _ right: Syntax) -> String {
        let precedence = infix.precedence
        let leftLeast = infix == .fallback || precedence == .comparison ? precedence.next : precedence
        let rightLeast = infix == .fallback ? precedence : precedence.next
        return "\(left.printed(leftLeast)) \(infix.rawValue) \(right.printed(rightLeast))"
    }

    /// In parentheses where it is looser than the place takes.
    private func printed(_ least: Precedence) -> String {
        precedence < least ? "(\(description))" : description
    }

    private var precedence: Precedence {
        switch form {
        case .prefix(let prefix, _): prefix.precedence
        case .infix(let infix, _, _): infix.precedence
        case .membership: .comparison
        case .conditional: .conditional
        case .literal, .duration, .name, .computedName, .call: .primary
        }
    }
}
