import Komoku

/// Functions over the present values of all keys that match a pattern. A pattern is a text in quotes, which no key's name is.
extension Function {
    static let keys: [Function] = [
        overKeys(
            "any", .any,
            "whether one of them is true: `any('*.window')`, `any('*.battery' < 20)`; false where there is none"
        ),
        overKeys(
            "all", .all,
            "whether all of them are true: `all('*.lock', 'garage.door' = 'closed')`; unknown where there is none"
        ),
        overKeys("count_true", .countTrue, "how many of them are true: `count_true('**.motion') > 2`"),
        overKeys(
            "names", .names,
            "which of them are true, by name, with commas between: `names('*.window')`, `names('*.battery' < 20)`; an empty text where there is none"
        ),
    ]

    private static func overKeys(_ name: String, _ function: KeysCall.Function, _ about: String) -> Function {
        Function(
            name, [.special("'*.window'").repeated], needs: .keys,
            forms: ["\(name)('*.window')", "\(name)('*.battery' < 20)"],
            gives: function == .names ? "text" : function.isLogical ? "boolean" : "number",
            about
        ) { checker, call in checker.check(function, call) }
    }

    /// Of a key and a window what is recorded, of patterns what is so now.
    static func ofWindowOrKeys(
        _ name: String, _ function: HistoryCall.Function, _ over: KeysCall.Function, _ about: String,
        _ traits: HistoryTraits, keys example: String, _ aboutKeys: String
    ) -> Function {
        let recorded = ofWindow(name, function, about, traits)
        return Function(
            name, [.special("key"), .special("10m").optional.repeated],
            forms: recorded.forms + ["\(name)(\(example))"], gives: recorded.gives, "\(about). Of patterns \(aboutKeys)"
        ) { checker, call in
            if call.isOverKeys { return checker.check(over, call) }
            guard recorded.counts.contains(call.arguments.count) else {
                checker.refuseCount(of: call)
                return nil
            }
            guard checker.environment.offers.contains(.history) else {
                checker.refuse(name, .history, at: call.syntax)
                return nil
            }
            return recorded.check(&checker, call)
        }
    }
}

extension KeysCall.Function {
    fileprivate var isLogical: Bool { self == .any || self == .all }

    /// Which keys count; nil is any with a value.
    fileprivate var kind: ValueKind? {
        switch self {
        case .any, .all, .countTrue, .names: .boolean
        case .count: nil
        case .sum, .min, .max, .avg: .number
        }
    }
}

extension Function.Call {
    /// Whether a pattern stands first: a text in quotes, or one compared with a value.
    var isOverKeys: Bool { arguments.first?.patternText != nil }
}

extension Syntax {
    /// The text of a pattern, with the comparison around it.
    fileprivate var patternText: (text: String, place: Syntax, comparison: (HistoryCall.Comparison, Syntax)?)? {
        switch form {
        case .literal(.string(let text)): return (text, self, nil)
        case .infix(let infix, let left, let right):
            guard let comparison = HistoryCall.Comparison(rawValue: infix.rawValue),
                case .literal(.string(let text)) = left.form
            else { return nil }
            return (text, left, (comparison, right))
        default: return nil
        }
    }

    /// The patterns that calls over keys have, as they are written, each with its place.
    package var patterns: [(text: String, span: Range<Int>)] {
        switch form {
        case .literal, .duration, .name, .computedName: return []
        case .prefix(_, let operand): return operand.patterns
        case .infix(_, let left, let right): return left.patterns + right.patterns
        case .membership(let operand, let items, _): return operand.patterns + items.flatMap(\.patterns)
        case .conditional(let condition, let a, let b): return condition.patterns + a.patterns + b.patterns
        case .call(let function, let arguments):
            guard KeysCall.Function(rawValue: function.name) != nil, arguments.first?.patternText != nil else {
                return arguments.flatMap(\.patterns)
            }
            return arguments.flatMap { argument in
                guard let found = argument.patternText else { return argument.patterns }
                return [(found.text, found.place.span)] + (found.comparison?.1.patterns ?? [])
            }
        }
    }
}

extension Checker {
    /// A subject whose comparison may be with something that is evaluated first.
    private struct KeySubject {
        let pattern: KeyPattern
        let comparison: (HistoryCall.Comparison, Checked)?
        let measure: Measure
    }

    mutating func check(_ function: KeysCall.Function, _ call: Function.Call) -> Checked? {
        guard environment.offers.contains(.keys) else {
            refuse(call.name, .keys, at: call.syntax)
            return nil
        }
        let subjects = call.arguments.compactMap { subject($0, of: function, call) }
        guard subjects.count == call.arguments.count else { return nil }
        for subject in subjects { reads.add(subject.pattern) }
        let kind: ValueKind = function == .names ? .text : [.any, .all].contains(function) ? .boolean : .number
        let mayBeUnknown = [.all, .min, .max, .avg].contains(function)
        let measures = subjects.map(\.measure)
        let isOne = Set(measures).count == 1 && ![.countTrue, .count, .names].contains(function)
        var checked: Checked
        let constants = subjects.map { $0.comparison?.1.code.constant }
        if zip(subjects, constants).allSatisfy({ $0.comparison == nil || $1 != nil }) {
            let parts = zip(subjects, constants).map { subject, constant in
                KeysCall.Subject(
                    pattern: subject.pattern,
                    condition: subject.comparison.flatMap { comparison in
                        constant.map { HistoryCall.Condition(comparison.0, $0) }
                    })
            }
            checked = read(
                .keys(KeysCall(function: function, subjects: parts)), .init(kind, mayBeUnknown: mayBeUnknown))
        } else {
            let parts = subjects.map {
                ComputedReference.KeySubject($0.pattern, $0.comparison.map { ($0.0, $0.1.code) })
            }
            checked = computed(.keys(function, parts), kind)
        }
        checked.measure = isOne ? measures.first ?? .any : .any
        return checked
    }

    private mutating func subject(
        _ syntax: Syntax, of function: KeysCall.Function, _ call: Function.Call
    ) -> KeySubject? {
        guard let (text, place, written) = syntax.patternText else {
            let isWindow = if case .duration = syntax.form { true } else { false }
            fault(
                at: syntax, "\(syntax) is no pattern of keys",
                remedy: isWindow
                    ? "over several keys \(call.name) is of their present values"
                    : "write \(call.name)('*.window')")
            return nil
        }
        guard let pattern = pattern(text, at: place) else { return nil }
        guard let written else {
            guard let measure = measure(of: pattern, function.kind, call, at: place) else { return nil }
            return KeySubject(pattern: pattern, comparison: nil, measure: measure)
        }
        guard function.kind != .number else {
            fault(at: syntax, "\(call.name) is of numbers, a comparison is true or false")
            return nil
        }
        guard let value = check(written.1), fits(value, written, pattern, call, at: place) else { return nil }
        return KeySubject(pattern: pattern, comparison: (written.0, value), measure: .any)
    }

    /// With what the rule is made for in place of `{self}`.
    private mutating func pattern(_ text: String, at syntax: Syntax) -> KeyPattern? {
        var filled = text
        for (name, declaration) in environment.locals {
            guard let constant = declaration.constant else { continue }
            filled = filled.split(separator: "{\(name)}", omittingEmptySubsequences: false).joined(
                separator: constant.description)
        }
        do throws(KeyName.Invalid) {
            return try KeyPattern(validating: filled)
        } catch {
            fault(at: syntax, "\(syntax) is no pattern of keys: \(error.reason)", remedy: "write '*.window' or '**'")
            return nil
        }
    }

    /// The keys that are known by now and have a lasting value.
    private func known(_ pattern: KeyPattern) -> [(name: KeyName, declaration: TypeEnvironment.Declaration)] {
        environment.matching(pattern).compactMap { name in
            environment.key(name).flatMap { $0.isEvent == true || $0.kind == nil ? nil : (name, $0) }
        }
    }

    /// What the numbers count; nil after a fault: none of the keys is of the kind.
    private mutating func measure(
        of pattern: KeyPattern, _ kind: ValueKind?, _ call: Function.Call, at syntax: Syntax
    ) -> Measure? {
        let found = known(pattern)
        if found.isEmpty {
            warnOfNone(pattern, at: syntax)
            return .any
        }
        guard let kind else { return .any }
        let fitting = found.filter { $0.declaration.kind == kind }
        guard !fitting.isEmpty else {
            return tellNone(of: kind, found, call, at: syntax) ? nil : .any
        }
        guard kind == .number, call.name != "count" else { return .any }
        let units = Set(fitting.map(\.declaration.unit))
        guard units.count > 1 else { return Measure(unit: units.first ?? nil) }
        let named = units.compactMap(\.self).sorted()
        if named.count > 1 {
            warn(at: syntax, "the keys that match \(syntax) are in \(named.prefix(3).joined(separator: " and "))")
        }
        return .any
    }

    /// - Returns: whether it is a fault; keys that nobody knows of yet may be of the kind.
    private mutating func tellNone(
        of kind: ValueKind, _ found: [(name: KeyName, declaration: TypeEnvironment.Declaration)],
        _ call: Function.Call, at syntax: Syntax
    ) -> Bool {
        guard let first = found.first, let other = first.declaration.kind else { return false }
        let message = "no key that matches \(syntax) is \(kind.phrase): \(first.name) is \(other.phrase)"
        let remedy =
            kind == .boolean ? "compare it: \(call.name)(\(syntax) \(other == .text ? "= 'on'" : "< 10"))" : nil
        if environment.knowsAllKeys {
            fault(at: syntax, message, remedy: remedy)
        } else {
            warn(at: syntax, message, remedy: remedy)
        }
        return environment.knowsAllKeys
    }

    private mutating func warnOfNone(_ pattern: KeyPattern, at syntax: Syntax) {
        guard environment.knowsAllKeys, environment.matching(pattern).isEmpty else { return }
        warn(at: syntax, "no known key matches \(syntax)")
    }

    private mutating func fits(
        _ value: Checked, _ written: (HistoryCall.Comparison, Syntax), _ pattern: KeyPattern, _ call: Function.Call,
        at syntax: Syntax
    ) -> Bool {
        let isOrder = written.0 != .equal && written.0 != .unequal
        if isOrder, let kind = value.kind, kind != .number {
            fault(at: written.1, "'\(written.0.rawValue)' compares numbers, \(written.1) is \(kind.phrase)")
            return false
        }
        guard let kind = value.kind else { return true }
        let found = known(pattern)
        if found.isEmpty {
            warnOfNone(pattern, at: syntax)
            return true
        }
        let fitting = found.filter { $0.declaration.kind == kind }
        guard !fitting.isEmpty else {
            return !tellNone(of: kind, found, call, at: syntax)
        }
        guard let word = value.constant?.string else { return true }
        let values = fitting.map(\.declaration.values)
        guard values.allSatisfy({ $0 != nil }), !values.contains(where: { Self.contains($0 ?? [], word) }) else {
            return true
        }
        let all = Array(Set(values.flatMap { $0 ?? [] })).sorted()
        fault(
            at: written.1, "no key that matches \(syntax) is ever '\(word)'",
            remedy: Suggestion.question(for: word, in: all) ?? "they are \(all.prefix(20).joined(separator: ", "))")
        return false
    }
}
