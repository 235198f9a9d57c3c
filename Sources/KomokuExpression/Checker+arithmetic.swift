import Komoku

extension Checker {
    mutating func arithmetic(
        _ operation: Arithmetic, _ left: Syntax, _ right: Syntax, at syntax: Syntax
    ) -> Checked? {
        guard let (a, b) = operands(operation, left, right, at: syntax) else { return nil }
        if b.constant == .number(0), a.constant == nil, operation == .divided || operation == .remainder {
            warn(at: syntax, "this is always unknown: division by zero")
        }
        let measure = a.measure.combined(operation, b.measure)
        if measure == nil { mismatch(a, left, b, right, at: syntax) }
        // Overflow and division by zero are unknown.
        return result(
            .arithmetic(operation, a.code, b.code), .number, of: [a, b], mayBeUnknown: true, measure: measure ?? .any,
            at: syntax)
    }

    private mutating func operands(
        _ operation: Arithmetic, _ left: Syntax, _ right: Syntax, at syntax: Syntax
    ) -> (Checked, Checked)? {
        let reason = "'\(operation.rawValue)' takes numbers"
        let (a, b) = (check(left), check(right))
        // A sum of texts is one mistake, not two.
        if operation == .plus, let text = a?.kind == .text ? left : b?.kind == .text ? right : nil {
            fault(
                at: syntax, "\(reason), \(text) is text",
                remedy: "texts are joined in a template: {text: \"{a} and {b}\"}")
            return nil
        }
        let first = a.flatMap { demand($0, at: left, .number, reason) }
        let second = b.flatMap { demand($0, at: right, .number, reason) }
        guard let first, let second else { return nil }
        return (first, second)
    }

    /// A difference may be meant as a name with a `-` in it.
    mutating func difference(_ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        let (before, warned) = (faults.count, warnings.count)
        let checked = arithmetic(.minus, left, right, at: syntax)
        guard checked == nil, let text = Self.hyphenated(left, right), let joined = KeyName(text) else {
            return checked
        }
        let isKey = environment.key(joined) != nil
        // Two names that are no keys are one that is none.
        guard isKey || faults.count > before + 1 else { return nil }
        faults.removeSubrange(before...)
        warnings.removeSubrange(warned...)
        let question = isKey ? nil : Suggestion.question(for: text, in: environment.candidates())
        faults.append(
            Expression.Fault(
                at: left.span.lowerBound..<right.span.upperBound,
                isKey ? "'-' is minus here" : "there is no key '\(joined)'",
                remedy: question ?? "write the key as `\(joined)`"))
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

    /// Says where numbers that are compared, or stand for each other, count different things.
    mutating func warnOfMeasures(_ a: Checked, _ left: Syntax, _ b: Checked, _ right: Syntax, at syntax: Syntax) {
        // A zero is one in every unit but those with a zero of their own, and for these it is written bare too.
        if a.measure.fits(b.measure) || a.isBareZero || b.isBareZero { return }
        mismatch(a, left, b, right, at: syntax)
    }

    private mutating func mismatch(_ a: Checked, _ left: Syntax, _ b: Checked, _ right: Syntax, at syntax: Syntax) {
        let bare = a.measure == .bare ? a : b.measure == .bare ? b : nil
        let remedy: String? =
            if let number = bare?.constant?.number, let duration = Duration(seconds: number), number > 0 {
                "write \(DecimalNumber.text(number))s" + (duration.seconds >= 60 ? " or \(duration)" : "")
            } else {
                nil
            }
        warn(
            at: syntax, "\(left) is \(a.measure.phrase) and \(right) is \(b.measure.phrase)", remedy: remedy)
    }

    /// Says that a condition, or a part of one, depends on nothing; unless a part of it was said to.
    mutating func warnOfConstant(_ checked: Checked, at syntax: Syntax) {
        guard case .boolean(let boolean)? = checked.constant,
            !warnings.contains(where: { syntax.span.contains($0.offset) && $0.message.hasPrefix("this is always") })
        else { return }
        warn(at: syntax, "this is always \(boolean)")
    }

    /// Says where the whole counts something else than its place.
    mutating func warn(of measure: Measure, in unit: String, at root: Syntax) {
        let place: Measure = unit.utf8.elementsEqual("s".utf8) ? .duration : .unit(unit)
        guard !measure.fits(place) else { return }
        warn(at: root, "this is \(measure.phrase), the place is in \(unit)")
    }
}

extension Checker.Checked {
    fileprivate var isBareZero: Bool { measure == .bare && constant == .number(0) }
}
