import Komoku

/// Gives each part of a tree its kind, resolves its names, and gathers every fault on the way.
struct Checker {
    /// A part without a fault.
    struct Checked {
        var code: Code
        /// Nil where it is known only when evaluated.
        var kind: ValueKind?
        var mayBeUnknown: Bool
        /// The only texts that it can be.
        var values: [String]?
    }

    let environment: TypeEnvironment
    var faults: [Expression.Fault] = []
    /// By slot.
    private(set) var references: [Reference] = []
    private var slots: [Reference: Int] = [:]

    init(environment: TypeEnvironment) {
        self.environment = environment
    }

    /// - Returns: nil where the part has a fault, which is in `faults` then.
    mutating func check(_ syntax: Syntax) -> Checked? {
        switch syntax.form {
        case .literal(let value):
            Checked(
                code: .constant(value), kind: ValueKind(value), mayBeUnknown: false, values: value.string.map { [$0] })
        case .name(let name, let quoted): check(name, quoted, at: syntax)
        case .prefix(let prefix, let operand): check(prefix, operand)
        case .infix(let infix, let left, let right): check(infix, left, right, at: syntax)
        case .call(let function, let arguments): check(function, arguments, at: syntax)
        }
    }

    private mutating func check(_ name: KeyName, _ quoted: Bool, at syntax: Syntax) -> Checked? {
        if !quoted, let local = environment.locals[name.text] { return read(.local(name.text), local) }
        if let declaration = environment.key(name) { return read(.key(name), declaration) }
        let words = environment.candidates() + environment.locals.keys.sorted()
        fault(
            at: syntax, "there is no key '\(name)'", remedy: Suggestion.question(for: name.text, in: words))
        return nil
    }

    private mutating func read(_ reference: Reference, _ declaration: TypeEnvironment.Declaration) -> Checked {
        let slot = slots[reference] ?? references.count
        if slot == references.count {
            references.append(reference)
            slots[reference] = slot
        }
        return Checked(
            code: .read(slot), kind: declaration.kind, mayBeUnknown: declaration.mayBeUnknown,
            values: declaration.values)
    }

    private mutating func check(_ prefix: Prefix, _ operand: Syntax) -> Checked? {
        let (kind, reason): (ValueKind, String) =
            prefix == .minus ? (.number, "'-' takes a number") : (.boolean, "'not' takes true or false")
        guard let checked = check(operand, as: kind, reason) else { return nil }
        return Checked(
            code: prefix == .minus ? .negate(checked.code) : .not(checked.code), kind: kind,
            mayBeUnknown: prefix == .minus || checked.mayBeUnknown)
    }

    private mutating func check(_ infix: Infix, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        switch infix {
        case .or, .and: logic(infix, left, right)
        case .equal, .unequal: equality(infix, left, right, at: syntax)
        case .less: order(.less, left, right)
        case .lessOrEqual: order(.lessOrEqual, left, right)
        case .greater: order(.greater, left, right)
        case .greaterOrEqual: order(.greaterOrEqual, left, right)
        case .fallback: fallback(left, right, at: syntax)
        case .plus: arithmetic(.plus, left, right)
        case .minus: difference(left, right)
        case .times: arithmetic(.times, left, right)
        case .divided: arithmetic(.divided, left, right)
        case .remainder: arithmetic(.remainder, left, right)
        }
    }

    private mutating func logic(_ infix: Infix, _ left: Syntax, _ right: Syntax) -> Checked? {
        let reason = "'\(infix.rawValue)' takes true or false"
        let (a, b) = (check(left, as: .boolean, reason), check(right, as: .boolean, reason))
        guard let a, let b else { return nil }
        return Checked(
            code: infix == .and ? .and(a.code, b.code) : .or(a.code, b.code), kind: .boolean,
            mayBeUnknown: a.mayBeUnknown || b.mayBeUnknown)
    }

    private mutating func order(_ order: Order, _ left: Syntax, _ right: Syntax) -> Checked? {
        let reason = "'\(order.rawValue)' compares numbers"
        let (a, b) = (check(left, as: .number, reason), check(right, as: .number, reason))
        guard let a, let b else { return nil }
        return Checked(
            code: .ordered(order, a.code, b.code), kind: .boolean, mayBeUnknown: a.mayBeUnknown || b.mayBeUnknown)
    }

    private mutating func arithmetic(_ operation: Arithmetic, _ left: Syntax, _ right: Syntax) -> Checked? {
        let reason = "'\(operation.rawValue)' takes numbers"
        let (a, b) = (check(left, as: .number, reason), check(right, as: .number, reason))
        guard let a, let b else { return nil }
        // Overflow and division by zero are unknown.
        return Checked(code: .arithmetic(operation, a.code, b.code), kind: .number, mayBeUnknown: true)
    }

    /// A difference may be meant as a name with a `-` in it.
    private mutating func difference(_ left: Syntax, _ right: Syntax) -> Checked? {
        let before = faults.count
        let checked = arithmetic(.minus, left, right)
        guard checked == nil, let text = Self.hyphenated(left, right), let joined = KeyName(text),
            environment.key(joined) != nil
        else { return checked }
        faults.removeSubrange(before...)
        faults.append(
            Expression.Fault(
                at: left.span.lowerBound..<right.span.upperBound, "'-' is minus here",
                remedy: "write the key as `\(joined)`"))
        return nil
    }

    /// `a-b-c.d`, where names stand side by side with nothing but `-` between them.
    private static func hyphenated(_ left: Syntax, _ right: Syntax) -> String? {
        guard left.span.upperBound + 1 == right.span.lowerBound, case .name(let last, false) = right.form
        else { return nil }
        switch left.form {
        case .name(let first, false): return "\(first)-\(last)"
        case .infix(.minus, let a, let b): return hyphenated(a, b).map { "\($0)-\(last)" }
        default: return nil
        }
    }

    private mutating func equality(_ infix: Infix, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        guard let (a, b) = pair(left, right, at: syntax, "cannot be equal") else { return nil }
        if let values = a.values, let other = b.values, !values.contains(where: { Self.contains(other, $0) }) {
            neverEqual(left, values, right, other, at: syntax)
            return nil
        }
        return Checked(
            code: .equal(a.code, b.code, negated: infix == .unequal), kind: .boolean,
            mayBeUnknown: a.mayBeUnknown || b.mayBeUnknown || a.kind == nil || b.kind == nil)
    }

    private mutating func neverEqual(
        _ left: Syntax, _ values: [String], _ right: Syntax, _ other: [String], at syntax: Syntax
    ) {
        // The side with one text is the literal, the other one a key with its values.
        let (key, known, word, place) =
            other.count == 1 ? (left, values, other[0], right) : (right, other, values.first ?? "", left)
        fault(
            at: place, "\(key) is never '\(word)'",
            remedy: Suggestion.question(for: word, in: known)
                ?? "it is one of \(known.prefix(20).joined(separator: ", "))")
    }

    private mutating func fallback(_ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        guard let (a, b) = pair(left, right, at: syntax, "cannot stand for each other") else { return nil }
        let values: [String]? =
            if let some = a.values, let more = b.values { some + more.filter { !Self.contains(some, $0) } } else { nil }
        return Checked(
            code: .fallback(a.code, b.code), kind: a.kind ?? b.kind, mayBeUnknown: a.mayBeUnknown && b.mayBeUnknown,
            values: values)
    }

    /// Two parts that must be of one kind.
    private mutating func pair(
        _ left: Syntax, _ right: Syntax, at syntax: Syntax, _ reason: String
    ) -> (Checked, Checked)? {
        let (a, b) = (check(left), check(right))
        guard let a, let b else { return nil }
        if let kind = a.kind, let other = b.kind, kind != other {
            fault(at: syntax, "\(left) is \(kind.phrase) and \(right) is \(other.phrase): they \(reason)")
            return nil
        }
        return (a, b)
    }

    private mutating func check(_ syntax: Syntax, as kind: ValueKind, _ reason: String) -> Checked? {
        guard let checked = check(syntax) else { return nil }
        if let found = checked.kind, found != kind {
            fault(at: syntax, "\(reason), \(syntax) is \(found.phrase)")
            return nil
        }
        return checked
    }

    private mutating func check(_ function: Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        let counts = function == .round ? 1...2 : function == .abs ? 1...1 : 2...64
        guard counts.contains(arguments.count) else {
            let usage = ["min": "min(a, b, …)", "max": "max(a, b, …)", "round": "round(a) or round(a, decimals)"]
            fault(
                at: syntax, "\(function.rawValue) does not take \(arguments.count) arguments",
                remedy: "write \(usage[function.rawValue] ?? "abs(a)")")
            return nil
        }
        let checked = arguments.map { check($0, as: .number, "\(function.rawValue) takes numbers") }
        let operands = checked.compactMap { $0 }
        guard operands.count == arguments.count else { return nil }
        let mayBeUnknown = operands.contains { $0.mayBeUnknown }
        let codes = operands.map(\.code)
        let code: Code? =
            switch function {
            case .min: .minimum(codes)
            case .max: .maximum(codes)
            case .abs: .absolute(codes[0])
            case .round: round(codes[0], arguments)
            }
        return code.map { Checked(code: $0, kind: .number, mayBeUnknown: mayBeUnknown) }
    }

    private mutating func round(_ code: Code, _ arguments: [Syntax]) -> Code? {
        guard arguments.count > 1 else { return .round(code, decimals: 0) }
        guard case .literal(.number(let number)) = arguments[1].form, let decimals = Int(exactly: number),
            0...15 ~= decimals
        else {
            fault(at: arguments[1], "the decimals of round are a whole number from 0 to 15")
            return nil
        }
        return .round(code, decimals: decimals)
    }

    private mutating func fault(at syntax: Syntax, _ message: String, remedy: String? = nil) {
        faults.append(Expression.Fault(at: syntax.span, message, remedy: remedy))
    }

    private static func contains(_ texts: [String], _ text: String) -> Bool {
        texts.contains { $0.utf8.elementsEqual(text.utf8) }
    }
}
