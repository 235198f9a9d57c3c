import Komoku

/// Builds the tree of an expression by precedence climbing; `Expression` has the grammar.
struct Parser {
    private let tokens: [Token]
    private var index = 0
    private var nesting = 0
    /// Functions that there are not: all of them are told.
    private var strangers: [Expression.Fault] = []

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
    mutating func expression() throws(Expression.Faults) -> Syntax {
        do throws(Expression.Fault) {
            if token.kind == .end { throw Expression.Fault(at: token.span, "the expression is empty") }
            let root = try whole()
            guard token.kind == .end else { throw unexpected() }
            if strangers.isEmpty { return root }
        } catch {
            throw Expression.Faults(strangers + [error])
        }
        throw Expression.Faults(strangers)
    }

    /// What may stand at the top, in parentheses, as an argument and as a branch.
    private mutating func whole() throws(Expression.Fault) -> Syntax {
        if token.kind == .if { return try conditional() }
        return try operation(.disjunction)
    }

    private mutating func conditional() throws(Expression.Fault) -> Syntax {
        let start = take()
        guard token.beginsValue else { throw reserved(start) }
        let condition = try nestedWhole()
        try expect(.then, of: start)
        let then = try nestedWhole()
        try expect(.else, of: start)
        let otherwise = try nestedWhole()
        return try bounded(
            Syntax(.conditional(condition, then, otherwise), at: start.span.lowerBound..<otherwise.span.upperBound))
    }

    /// A key may be called like a word of the language.
    private func reserved(_ word: Token) -> Expression.Fault {
        Expression.Fault(
            at: word.span, "'\(word.text)' is a reserved word", remedy: "a key of that name is written `\(word.text)`")
    }

    private mutating func expect(_ word: Token.Kind, of start: Token) throws(Expression.Fault) {
        if token.kind == word {
            _ = take()
            return
        }
        guard [.then, .else, .end, .close].contains(token.kind) else { throw unexpected() }
        throw Expression.Fault(
            at: start.span, "this 'if' has no '\(word == .then ? "then" : "else")'", remedy: "write if a then b else c")
    }

    private mutating func operation(_ least: Precedence) throws(Expression.Fault) -> Syntax {
        var left = try operand(least)
        var compared = false
        while true {
            if least <= .comparison, let negated = membership {
                if compared { throw chained() }
                (compared, left) = (true, try membership(of: left, negated: negated))
                continue
            }
            guard case .infix(let infix) = token.kind, infix.precedence >= least else { return left }
            let precedence = infix.precedence
            if precedence == .comparison {
                if compared { throw chained() }
                compared = true
            }
            _ = take()
            let right = try infix == .fallback ? nested(precedence) : operation(precedence.next)
            left = try bounded(Syntax(.infix(infix, left, right), at: left.span.lowerBound..<right.span.upperBound))
            // What binds looser than a comparison has its whole as left side: from here on a comparison is a new one.
            if precedence < .comparison { compared = true }
        }
    }

    private func chained() -> Expression.Fault {
        Expression.Fault(at: token.span, "comparisons do not chain", remedy: "join two with and: a < b and b < c")
    }

    /// Whether `in` or `not in` is here, and which; nil for neither.
    private var membership: Bool? {
        switch token.kind {
        case .in: false
        case .not where index + 1 < tokens.count && tokens[index + 1].kind == .in: true
        default: nil
        }
    }

    private mutating func membership(of left: Syntax, negated: Bool) throws(Expression.Fault) -> Syntax {
        if negated { _ = take() }
        _ = take()
        guard token.kind == .openList else {
            throw Expression.Fault(at: token.span, "'in' takes a list", remedy: "write a in ['on', 'auto']")
        }
        let open = token
        let items = try list(until: .closeList)
        let span = left.span.lowerBound..<tokens[index - 1].span.upperBound
        guard !items.isEmpty else {
            throw Expression.Fault(at: open.span.lowerBound..<span.upperBound, "the list is empty")
        }
        return try bounded(Syntax(.membership(left, items, negated: negated), at: span))
    }

    private mutating func nestedWhole() throws(Expression.Fault) -> Syntax {
        guard token.kind == .if else { return try nested(.disjunction) }
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Expression.maximumNesting else { throw tooDeep() }
        return try conditional()
    }

    private func tooDeep() -> Expression.Fault {
        Expression.Fault(at: token.span, "nested deeper than \(Expression.maximumNesting)")
    }

    /// An operation inside another one of the same or a looser kind. Between two of these the kinds only get tighter, so the
    /// call stack is bounded with the nesting.
    private mutating func nested(_ least: Precedence) throws(Expression.Fault) -> Syntax {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Expression.maximumNesting else { throw tooDeep() }
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
        case .if:
            throw Expression.Fault(at: token.span, "'if' needs parentheses here", remedy: "write (if a then b else c)")
        case .openList:
            throw Expression.Fault(at: token.span, "a list stands only after 'in'", remedy: "write a in ['on', 'auto']")
        case .infix, .then, .else, .in, .close, .closeList, .comma, .end: throw missingOperand()
        case .literal(let value): return Syntax(.literal(value), at: take().span)
        case .duration(let duration): return Syntax(.duration(duration), at: take().span)
        case .computedName(let key): return Syntax(.computedName(key), at: take().span)
        case .name(let name, let quoted): return try nameOrCall(name, quoted)
        case .open: return try parenthesized()
        }
    }

    private mutating func parenthesized() throws(Expression.Fault) -> Syntax {
        let open = take()
        let inner = try nestedWhole()
        guard token.kind == .close else {
            if token.kind == .end { throw Expression.Fault(at: open.span, "this '(' is not closed", remedy: "add ')'") }
            throw unexpected()
        }
        return Syntax(inner.form, at: open.span.lowerBound..<take().span.upperBound)
    }

    private mutating func nameOrCall(_ name: KeyName, _ quoted: Bool) throws(Expression.Fault) -> Syntax {
        let word = take()
        guard token.kind == .open, !quoted else { return Syntax(.name(name, quoted: quoted), at: word.span) }
        let function = Function.named(name.text)
        if function == nil { strangers.append(Self.stranger(name.text, word)) }
        let arguments = try list(until: .close)
        guard let function else { return Syntax(.name(name, quoted: false), at: word.span) }
        let span = word.span.lowerBound..<tokens[index - 1].span.upperBound
        return try bounded(Syntax(.call(function, arguments), at: span))
    }

    private static func stranger(_ name: String, _ word: Token) -> Expression.Fault {
        Expression.Fault(
            at: word.span, "there is no function '\(word.text)'",
            remedy: Idiom.remedy(forFunction: name)
                ?? Suggestion.question(for: name, in: Function.all.map(\.name))
                ?? "docs/expressions.md lists them")
    }

    /// The parts between the opening token here and its closing one.
    private mutating func list(until close: Token.Kind) throws(Expression.Fault) -> [Syntax] {
        let open = take()
        var parts: [Syntax] = []
        if token.kind == close {
            _ = take()
            return []
        }
        while true {
            parts.append(try nestedWhole())
            switch token.kind {
            case .comma: _ = take()
            case close:
                _ = take()
                return parts
            case .end:
                let sign = close == .close ? ")" : "]"
                throw Expression.Fault(at: open.span, "this '\(open.text)' is not closed", remedy: "add '\(sign)'")
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
        // A percent sign at the end is no remainder.
        let isPercent = index > 0 && tokens[index - 1].kind == .infix(.remainder)
        return Expression.Fault(
            at: token.span, "a value is missing\(before), \(token.phrase) is not one",
            remedy: isPercent ? "numbers have no unit, but for durations: 5m" : nil)
    }

    /// A fault about a token that follows something complete.
    private func unexpected() -> Expression.Fault {
        let remedy: String?
        switch token.kind {
        case .close: remedy = "there is no '(' for it"
        case .closeList: remedy = "there is no '[' for it"
        case .name(let name, _):
            let (last, next) = (
                index > 0 ? tokens[index - 1].kind : .end, tokens[min(index + 1, tokens.count - 1)].kind
            )
            remedy =
                Idiom.remedy(for: name.text, after: last, before: next)
                ?? Suggestion.question(for: name.text, in: ["and", "or", "not", "in", "then", "else"])
                ?? "join the two with an operator"
        case .if: remedy = "write if a then b else c"
        case .literal, .duration, .computedName, .open, .not:
            remedy = "join the two with an operator: and, or, +, = …"
        case .openList: remedy = "a list stands only after 'in'"
        case .infix, .comma, .then, .else, .in, .end: remedy = nil
        }
        let before = index > 0 ? " after \(tokens[index - 1].phrase)" : ""
        return Expression.Fault(at: token.span, "\(token.phrase) is not expected\(before)", remedy: remedy)
    }
}
