import Komoku

/// Builds the tree of an expression by precedence climbing; `Expression` has the grammar.
struct Parser {
    private let tokens: [Token]
    private var index = 0
    private var nesting = 0

    /// - Parameter tokens: the last of them is the end.
    init(tokens: [Token]) {
        self.tokens = tokens
    }

    private var token: Token { tokens[index] }

    private mutating func take() -> Token {
        defer { if index + 1 < tokens.count { index += 1 } }
        return tokens[index]
    }

    /// The tree of all tokens.
    mutating func expression() throws(Expression.Fault) -> Syntax {
        if token.kind == .end { throw Expression.Fault(at: token.span, "the expression is empty") }
        let root = try operation(.disjunction)
        guard token.kind == .end else { throw unexpected() }
        return root
    }

    private mutating func operation(_ least: Precedence) throws(Expression.Fault) -> Syntax {
        var left = try operand(least)
        var compared = false
        while case .infix(let infix) = token.kind, infix.precedence >= least {
            let precedence = infix.precedence
            if precedence == .comparison {
                if compared {
                    throw Expression.Fault(
                        at: token.span, "comparisons do not chain", remedy: "join two with and: a < b and b < c")
                }
                compared = true
            }
            _ = take()
            let right = try infix == .fallback ? nested(precedence) : operation(precedence.next)
            left = try bounded(Syntax(.infix(infix, left, right), at: left.span.lowerBound..<right.span.upperBound))
            // What binds looser than a comparison has its whole as left side: from here on a comparison is a new one.
            if precedence < .comparison { compared = true }
        }
        return left
    }

    /// An operation inside another one of the same or a looser kind. Between two of these the kinds only get tighter, so the
    /// call stack is bounded with the nesting.
    private mutating func nested(_ least: Precedence) throws(Expression.Fault) -> Syntax {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Expression.maximumNesting else {
            throw Expression.Fault(at: token.span, "nested deeper than \(Expression.maximumNesting)")
        }
        return try operation(least)
    }

    private mutating func operand(_ least: Precedence) throws(Expression.Fault) -> Syntax {
        let start = token.span.lowerBound
        switch token.kind {
        case .infix(.minus):
            _ = take()
            let operand = try nested(.sign)
            return try bounded(Syntax(.prefix(.minus, operand), at: start..<operand.span.upperBound))
        case .not:
            guard least <= .negation else {
                throw Expression.Fault(at: token.span, "'not' needs parentheses here", remedy: "write a = (not b)")
            }
            _ = take()
            let operand = try nested(.negation)
            return try bounded(Syntax(.prefix(.not, operand), at: start..<operand.span.upperBound))
        case .infix, .close, .comma, .end: throw missingOperand()
        case .literal(let value): return Syntax(.literal(value), at: take().span)
        case .name(let name, let quoted): return try nameOrCall(name, quoted)
        case .open: return try parenthesized()
        }
    }

    private mutating func parenthesized() throws(Expression.Fault) -> Syntax {
        let open = take()
        let inner = try nested(.disjunction)
        guard token.kind == .close else {
            if token.kind == .end { throw Expression.Fault(at: open.span, "this '(' is not closed", remedy: "add ')'") }
            throw unexpected()
        }
        return Syntax(inner.form, at: open.span.lowerBound..<take().span.upperBound)
    }

    private mutating func nameOrCall(_ name: KeyName, _ quoted: Bool) throws(Expression.Fault) -> Syntax {
        let word = take()
        guard token.kind == .open, !quoted else { return Syntax(.name(name, quoted: quoted), at: word.span) }
        guard let function = Function(rawValue: name.text) else {
            throw Expression.Fault(
                at: word.span, "there is no function '\(word.text)'",
                remedy: Suggestion.question(for: name.text, in: Function.allCases.map(\.rawValue))
                    ?? "functions are \(Function.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let arguments = try arguments()
        let span = word.span.lowerBound..<tokens[index - 1].span.upperBound
        return try bounded(Syntax(.call(function, arguments), at: span))
    }

    private mutating func arguments() throws(Expression.Fault) -> [Syntax] {
        let open = take()
        var arguments: [Syntax] = []
        if token.kind == .close {
            _ = take()
            return []
        }
        while true {
            arguments.append(try nested(.disjunction))
            switch token.kind {
            case .comma: _ = take()
            case .close:
                _ = take()
                return arguments
            case .end: throw Expression.Fault(at: open.span, "this '(' is not closed", remedy: "add ')'")
            default: throw unexpected()
            }
        }
    }

    private func bounded(_ syntax: Syntax) throws(Expression.Fault) -> Syntax {
        guard syntax.height <= Expression.maximumHeight else {
            throw Expression.Fault(
                at: syntax.span, "more than \(Expression.maximumHeight) operations in a row",
                remedy: "group some in parentheses")
        }
        return syntax
    }

    private func missingOperand() -> Expression.Fault {
        let before = index > 0 ? " after \(tokens[index - 1].phrase)" : ""
        return Expression.Fault(at: token.span, "a value is missing\(before), \(token.phrase) is not one")
    }

    /// A fault about a token that follows something complete.
    private func unexpected() -> Expression.Fault {
        let remedy: String?
        switch token.kind {
        case .close: remedy = "there is no '(' for it"
        case .name(let name, _):
            remedy = Suggestion.question(for: name.text, in: ["and", "or", "not"]) ?? "join the two with an operator"
        case .literal, .open, .not: remedy = "join the two with an operator: and, or, +, = …"
        case .infix, .comma, .end: remedy = nil
        }
        let before = index > 0 ? " after \(tokens[index - 1].phrase)" : ""
        return Expression.Fault(at: token.span, "\(token.phrase) is not expected\(before)", remedy: remedy)
    }
}
