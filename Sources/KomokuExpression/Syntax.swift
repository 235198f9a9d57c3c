package import Komoku

/// A part of an expression as it was written: a tree. Two are equal if they mean the same text, wherever it stands.
package struct Syntax: Sendable {
    package indirect enum Form: Hashable, Sendable {
        case literal(Value)
        /// A number of seconds, written with units.
        case duration(Duration)
        /// `quoted`: in backquotes, so it is a key.
        case name(KeyName, quoted: Bool)
        /// A key in backquotes with locals in it.
        case computedName(ComputedKey)
        case prefix(Prefix, Syntax)
        case infix(Infix, Syntax, Syntax)
        /// `a in [b, c]`, `a not in [b, c]`.
        case membership(Syntax, [Syntax], negated: Bool)
        /// `if a then b else c`.
        case conditional(Syntax, Syntax, Syntax)
        case call(Function, [Syntax])
    }

    package let form: Form
    /// Bytes of UTF-8 of the expression's text, with parentheses around it.
    package let span: Range<Int>
    /// The longest path down.
    let height: Int

    init(_ form: Form, at span: Range<Int>) {
        self.form = form
        self.span = span
        height =
            switch form {
            case .literal, .duration, .name, .computedName: 1
            case .prefix(_, let operand): operand.height + 1
            case .infix(_, let left, let right): max(left.height, right.height) + 1
            case .membership(let operand, let items, _): max(operand.height, items.map(\.height).max() ?? 0) + 1
            case .conditional(let condition, let a, let b): max(condition.height, a.height, b.height) + 1
            case .call(_, let arguments): (arguments.map(\.height).max() ?? 0) + 1
            }
    }
}

extension Syntax {
    /// Whether a part of it is drawn anew each time.
    var isLeftToChance: Bool {
        switch form {
        case .literal, .duration, .name, .computedName: false
        case .prefix(_, let operand): operand.isLeftToChance
        case .infix(_, let left, let right): left.isLeftToChance || right.isLeftToChance
        case .membership(let operand, let items, _): operand.isLeftToChance || items.contains { $0.isLeftToChance }
        case .conditional(let condition, let a, let b):
            condition.isLeftToChance || a.isLeftToChance || b.isLeftToChance
        case .call(let function, let arguments):
            function.needs.contains(.chance) || arguments.contains { $0.isLeftToChance }
        }
    }
}

extension Syntax: Hashable {
    package static func == (left: Syntax, right: Syntax) -> Bool { left.form == right.form }
    package func hash(into hasher: inout Hasher) { hasher.combine(form) }
}

/// How tightly an operator holds its operands; the greater, the tighter.
enum Precedence: Int, Comparable {
    case conditional, disjunction, conjunction, negation, comparison, fallback, sum, product, sign, primary

    static func < (left: Precedence, right: Precedence) -> Bool { left.rawValue < right.rawValue }

    /// The next tighter one.
    var next: Precedence { Precedence(rawValue: rawValue + 1) ?? .primary }
}

/// An operator before its operand.
package enum Prefix: String, Hashable, Sendable {
    case minus = "-"
    case not

    var precedence: Precedence { self == .minus ? .sign : .negation }
}

/// An operator between its operands.
package enum Infix: String, Hashable, Sendable, CaseIterable {
    case or, and
    case equal = "="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case fallback = "??"
    case plus = "+"
    case minus = "-"
    case times = "*"
    case divided = "/"
    case remainder = "%"

    var precedence: Precedence {
        switch self {
        case .or: .disjunction
        case .and: .conjunction
        case .equal, .unequal, .less, .lessOrEqual, .greater, .greaterOrEqual: .comparison
        case .fallback: .fallback
        case .plus, .minus: .sum
        case .times, .divided, .remainder: .product
        }
    }
}
