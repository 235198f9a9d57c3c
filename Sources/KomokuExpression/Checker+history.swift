import Komoku

/// History functions take a key first. `min` and `max` are ones where a key stands first and a duration second.
extension Checker {
    func history(_ function: Function, _ arguments: [Syntax]) -> HistoryCall.Function? {
        switch function {
        case .min, .max:
            guard arguments.count == 2, isKey(arguments[0]), isWindow(arguments[1]) else { return nil }
            return function == .min ? .min : .max
        default: return HistoryCall.Function(rawValue: function.rawValue)
        }
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

    mutating func check(_ function: HistoryCall.Function, _ arguments: [Syntax], at syntax: Syntax) -> Checked? {
        guard environment.offers.contains(.history) else {
            refuse(Function(rawValue: function.rawValue) ?? .avg, .history, at: syntax)
            return nil
        }
        switch function {
        case .last, .previous, .age:
            guard let (subject, declaration) = subject(arguments[0], of: function) else { return nil }
            return call(function, subject, .none, declaration)
        case .at:
            let found = subject(arguments[0], of: function)
            let moment = moment(arguments[1])
            guard let (subject, declaration) = found, let moment else { return nil }
            return call(function, subject, moment, declaration)
        case .fraction, .duration:
            var checked = span(function, arguments)
            if function == .fraction { checked?.range = 0...1 }
            return checked
        case .avg, .min, .max, .sum, .delta, .rate, .count, .changed:
            let found = subject(arguments[0], of: function)
            let window = window(arguments[1], of: function)
            guard let (subject, declaration) = found, let window else { return nil }
            return call(function, subject, .window(window), declaration)
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
        fault(
            at: syntax, "\(function.rawValue) takes a key, \(syntax) is not one", remedy: "write \(function.usage)")
        return nil
    }

    private mutating func subject(
        _ syntax: Syntax, of function: HistoryCall.Function
    ) -> (ComputedReference.Subject, TypeEnvironment.Declaration)? {
        guard let found = subject(syntax, of: Function(rawValue: function.rawValue) ?? .avg) else { return nil }
        guard function.takesNumbers, let kind = found.1.kind, kind != .number else { return found }
        fault(
            at: syntax, "\(function.rawValue) is of numbers, \(syntax) is \(kind.phrase)",
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

    private mutating func window(_ syntax: Syntax, of function: HistoryCall.Function) -> Code? {
        switch syntax.form {
        case .duration(let duration) where duration > .zero: return .constant(.number(duration.seconds))
        case .duration: fault(at: syntax, "\(syntax) is no time to look back")
        case .name where isWindow(syntax): return check(syntax)?.code
        case .literal(.number(let number)) where number > 0:
            fault(
                at: syntax, "\(function.rawValue) takes a duration, \(syntax) has no unit",
                remedy: "write \(syntax)s or \(syntax)m")
        default: fault(at: syntax, "\(function.rawValue) takes a duration, \(syntax) is not one", remedy: "write 10m")
        }
        return nil
    }

    private mutating func moment(_ syntax: Syntax) -> HistoryArgument? {
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
    private mutating func span(_ function: HistoryCall.Function, _ arguments: [Syntax]) -> Checked? {
        let window = window(arguments[1], of: function)
        guard case .infix(let infix, let left, let right) = arguments[0].form else {
            let found = subject(arguments[0], of: function)
            if let kind = found?.1.kind, kind != .boolean {
                fault(
                    at: arguments[0], "\(arguments[0]) is \(kind.phrase)",
                    remedy: "compare it: \(function.rawValue)(\(arguments[0]) = …, 1d)")
                return nil
            }
            guard let (subject, declaration) = found, let window else { return nil }
            let argument = HistoryArgument.conditionAndWindow(
                .equal, .constant(.boolean(true)), window: window)
            return call(function, subject, argument, declaration)
        }
        guard let comparison = HistoryCall.Comparison(rawValue: infix.rawValue) else {
            fault(at: arguments[0], "\(function.rawValue) compares a key with a value", remedy: "write key = value")
            return nil
        }
        let found = subject(left, of: function)
        let value = check(right)
        guard let (subject, declaration) = found, let value, let window,
            fits(value, right, comparison, declaration, left, at: arguments[0])
        else { return nil }
        let argument = HistoryArgument.conditionAndWindow(comparison, value.code, window: window)
        return call(function, subject, argument, declaration)
    }

    private mutating func fits(
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
    private mutating func call(
        _ function: HistoryCall.Function, _ subject: ComputedReference.Subject, _ argument: HistoryArgument,
        _ declaration: TypeEnvironment.Declaration
    ) -> Checked {
        let kind = function.kind(of: declaration)
        // Nothing in the window is no point and no change.
        let mayBeUnknown = function != .count && function != .changed
        var answer = TypeEnvironment.Declaration(kind, mayBeUnknown: mayBeUnknown)
        if function.givesValues { answer.values = declaration.values }
        let measure = function.measure(of: declaration)
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

extension HistoryCall.Function {
    fileprivate var takesNumbers: Bool { [.avg, .min, .max, .sum, .delta, .rate].contains(self) }
    /// The answer is one of the key's values.
    fileprivate var givesValues: Bool { [.last, .previous, .at].contains(self) }

    fileprivate func kind(of declaration: TypeEnvironment.Declaration) -> ValueKind? {
        givesValues ? declaration.kind : self == .changed ? .boolean : .number
    }

    fileprivate func measure(of declaration: TypeEnvironment.Declaration) -> Measure {
        switch self {
        case .avg, .min, .max, .sum, .delta, .last, .previous, .at: Measure(unit: declaration.unit)
        case .rate: Measure(unit: declaration.unit.map { "\($0)/s" })
        case .age, .duration: .duration
        case .count, .fraction, .changed: .any
        }
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
