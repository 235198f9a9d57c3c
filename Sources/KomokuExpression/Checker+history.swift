import Komoku

/// Functions on recorded values take a key first. `min` and `max` are ones where a key stands first and a duration second.
extension Checker {
    func isOfWindow(_ arguments: [Syntax]) -> Bool {
        arguments.count == 2 && isKey(arguments[0]) && isWindow(arguments[1])
    }

    private func isKey(_ syntax: Syntax) -> Bool {
        switch syntax.form {
        case .computedName: true
        case .name(let name, let quoted): quoted || environment.locals[name.text] == nil
        default: false
        }
    }

    /// A duration literal, or a local in seconds.
    private func isWindow(_ syntax: Syntax) -> Bool {
        switch syntax.form {
        case .duration: true
        case .name(let name, false): environment.locals[name.text].map { $0.kind == .number && $0.unit == "s" } ?? false
        default: false
        }
    }

    // MARK: - Keys

    /// The key that stands as an argument, and what it is.
    mutating func subject(
        _ syntax: Syntax, of function: Function
    ) -> (ComputedReference.Subject, TypeEnvironment.Declaration)? {
        switch syntax.form {
        case .computedName(let key): return resolve(key, at: syntax)
        case .name(let name, let quoted):
            if !quoted, environment.locals[name.text] != nil { break }
            if !quoted, let key = selfKey(name) { return resolve(key, at: syntax) }
            return declaration(of: name, quoted, at: syntax).map { (.key(name), $0) }
        default: break
        }
        fault(at: syntax, "\(function.name) takes a key, \(syntax) is not one", remedy: "write \(function.usage)")
        return nil
    }

    /// The key of a call on recorded values.
    mutating func subject(
        _ call: Function.Call, _ traits: HistoryTraits
    ) -> (ComputedReference.Subject, TypeEnvironment.Declaration)? {
        let syntax = call.arguments[0]
        guard let found = subject(syntax, of: call.function) else { return nil }
        guard traits.takesNumbers, let kind = found.1.kind, kind != .number else { return found }
        fault(
            at: syntax, "\(call.name) is of numbers, \(syntax) is \(kind.phrase)",
            remedy: "fraction(\(syntax)\(kind == .text ? " = …" : ""), 1d) tells the part of the time")
        return nil
    }

    /// Fills in the locals that are known by now, and looks the key up where all are.
    mutating func resolve(
        _ key: ComputedKey, at syntax: Syntax
    ) -> (ComputedReference.Subject, TypeEnvironment.Declaration)? {
        for local in key.locals {
            guard let declaration = environment.locals[local] else {
                let names = environment.locals.keys.sorted()
                fault(
                    at: syntax, "'\(local)' is not known here", remedy: Suggestion.question(for: local, in: names))
                return nil
            }
            guard declaration.kind != .boolean else {
                fault(at: syntax, "a key's name is made of text, \(local) is true or false")
                return nil
            }
        }
        let constants = key.locals.compactMap { environment.locals[$0]?.constant }
        guard constants.count == key.locals.count else { return (.computed(key), .dynamic) }
        guard let name = key.key({ environment.locals[$0]?.constant }) else {
            fault(at: syntax, "\(syntax) makes no name of a key here")
            return nil
        }
        return declaration(of: name, true, at: syntax).map { (.key(name), $0) }
    }

    // MARK: - Windows, moments and conditions

    mutating func window(_ syntax: Syntax, of function: String) -> Code? {
        switch syntax.form {
        case .duration(let duration) where duration > .zero: return .constant(.number(duration.seconds))
        case .duration: fault(at: syntax, "\(syntax) is no time to look back")
        case .name where isWindow(syntax): return check(syntax)?.code
        case .literal(.number(let number)) where number > 0:
            fault(
                at: syntax, "\(function) takes a duration, \(syntax) has no unit",
                remedy: "write \(syntax)s or \(syntax)m")
        default: fault(at: syntax, "\(function) takes a duration, \(syntax) is not one", remedy: "write 10m")
        }
        return nil
    }

    mutating func moment(_ syntax: Syntax) -> HistoryArgument? {
        guard let checked = check(syntax, as: .number, "at takes a time or a duration") else { return nil }
        switch checked.measure {
        case .duration, .unit("s"):
            if let seconds = checked.constant?.number, seconds <= 0 {
                fault(at: syntax, "\(syntax) is no time to look back")
                return nil
            }
            return .ago(checked.code)
        case .bare:
            warn(at: syntax, "\(syntax) is a bare number, taken as seconds since 1970", remedy: "write 1h or now - 1h")
        default: break
        }
        return .time(checked.code)
    }

    /// `fraction` and `duration`: of a boolean key, or of a key compared to a value.
    mutating func span(
        _ function: HistoryCall.Function, _ call: Function.Call, _ traits: HistoryTraits
    ) -> Checked? {
        let first = call.arguments[0]
        let window = window(call.arguments[1], of: call.name)
        guard case .infix(let infix, let left, let right) = first.form else {
            let found = subject(first, of: call.function)
            if let kind = found?.1.kind, kind != .boolean {
                fault(
                    at: first, "\(first) is \(kind.phrase)", remedy: "compare it: \(call.name)(\(first) = …, 1d)")
                return nil
            }
            guard let (subject, declaration) = found, let window else { return nil }
            let argument = HistoryArgument.conditionAndWindow(
                .equal, .constant(.boolean(true)), window: window)
            return self.call(function, subject, argument, declaration, traits)
        }
        guard let comparison = HistoryCall.Comparison(rawValue: infix.rawValue) else {
            fault(at: first, "\(call.name) compares a key with a value", remedy: "write key = value")
            return nil
        }
        let found = subject(left, of: call.function)
        let value = check(right)
        guard let (subject, declaration) = found, let value, let window,
            fits(value, right, comparison, declaration, left, at: first)
        else { return nil }
        let argument = HistoryArgument.conditionAndWindow(comparison, value.code, window: window)
        return self.call(function, subject, argument, declaration, traits)
    }

    mutating func fits(
        _ value: Checked, _ syntax: Syntax, _ comparison: HistoryCall.Comparison,
        _ declaration: TypeEnvironment.Declaration, _ key: Syntax, at whole: Syntax
    ) -> Bool {
        if comparison != .equal, comparison != .unequal {
            for (part, kind) in [(key, declaration.kind), (syntax, value.kind)] {
                guard let kind, kind != .number else { continue }
                fault(at: part, "'\(comparison.rawValue)' compares numbers, \(part) is \(kind.phrase)")
                return false
            }
        }
        if let kind = declaration.kind, let other = value.kind, kind != other {
            fault(at: whole, "\(key) is \(kind.phrase) and \(syntax) is \(other.phrase): they cannot be equal")
            return false
        }
        if let values = declaration.values, let word = value.constant?.string, !Self.contains(values, word) {
            neverEqual(key, values, syntax, [word])
            return false
        }
        var unit = Checked(code: value.code, mayBeUnknown: false)
        unit.measure = Measure(unit: declaration.unit)
        warnOfMeasures(unit, key, value, syntax, at: whole)
        return true
    }

    // MARK: - The call

    /// A slot where everything about it is constant, otherwise code that makes the call.
    mutating func call(
        _ function: HistoryCall.Function, _ subject: ComputedReference.Subject, _ argument: HistoryArgument,
        _ declaration: TypeEnvironment.Declaration, _ traits: HistoryTraits
    ) -> Checked {
        let kind = traits.kind ?? declaration.kind
        var answer = TypeEnvironment.Declaration(kind, mayBeUnknown: traits.mayBeUnknown)
        if traits.kind == nil { answer.values = declaration.values }
        let measure = traits.measure(of: declaration)
        let code = ComputedReference(kind: .history(function, subject, argument))
        if case .key = subject, argument.isConstant, let reference = Self.constant(code) {
            var checked = read(reference, answer)
            checked.measure = measure
            return checked
        }
        switch subject {
        case .key(let name):
            reads.add(name)
            reads.add(function, of: name, back: argument.constantWindow)
        case .computed(let key):
            reads.add(key)
            reads.add(function, of: nil, back: argument.constantWindow)
        }
        reads.add(function, window: argument.constantWindow, isRelative: argument.isRelative)
        return Checked(
            code: .computed(code), kind: kind, mayBeUnknown: true, values: answer.values, measure: measure)
    }

    private static func constant(_ computed: ComputedReference) -> Reference? {
        var evaluator = Evaluator()
        var found: Reference?
        _ = evaluator.computed(computed) {
            if case .reference(let reference) = $0 { found = reference }
            return nil
        }
        return found
    }
}

extension HistoryArgument {
    fileprivate var isConstant: Bool {
        switch self {
        case .none: true
        case .window(let code), .ago(let code), .time(let code): code.constant != nil
        case .conditionAndWindow(_, let value, let window): value.constant != nil && window.constant != nil
        }
    }

    fileprivate var isRelative: Bool { if case .ago = self { true } else { false } }

    fileprivate var constantWindow: Duration? {
        switch self {
        case .window(let code), .conditionAndWindow(_, _, let code):
            code.constant?.number.flatMap { Duration(seconds: $0) }
        case .none, .ago, .time: nil
        }
    }
}
