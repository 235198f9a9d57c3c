import Komoku

extension Checker {
    mutating func check(_ prefix: Prefix, _ operand: Syntax) -> Checked? {
        let (kind, reason): (ValueKind, String) =
            prefix == .minus ? (.number, "'-' takes a number") : (.boolean, "'not' takes true or false")
        guard let checked = check(operand, as: kind, reason) else { return nil }
        return result(
            prefix == .minus ? .negate(checked.code) : .not(checked.code), kind, of: [checked],
            mayBeUnknown: prefix == .minus || checked.mayBeUnknown, measure: checked.measure, at: operand)
    }

    mutating func check(_ infix: Infix, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        switch infix {
        case .or, .and: logic(infix, left, right, at: syntax)
        case .equal, .unequal: equality(infix, left, right, at: syntax)
        case .less: order(.less, left, right, at: syntax)
        case .lessOrEqual: order(.lessOrEqual, left, right, at: syntax)
        case .greater: order(.greater, left, right, at: syntax)
        case .greaterOrEqual: order(.greaterOrEqual, left, right, at: syntax)
        case .fallback: fallback(left, right, at: syntax)
        case .plus: arithmetic(.plus, left, right, at: syntax)
        case .minus: difference(left, right, at: syntax)
        case .times: arithmetic(.times, left, right, at: syntax)
        case .divided: arithmetic(.divided, left, right, at: syntax)
        case .remainder: arithmetic(.remainder, left, right, at: syntax)
        }
    }

    private mutating func logic(_ infix: Infix, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        let reason = "'\(infix.rawValue)' takes true or false"
        let a = check(left, as: .boolean, reason)
        let b = proving(left.proves(infix == .and)) { $0.check(right, as: .boolean, reason) }
        guard let a, let b else { return nil }
        warnOfConstant(a, at: left)
        warnOfConstant(b, at: right)
        if infix == .and { warnOfNight(left, right, at: syntax) }
        return result(
            infix == .and ? .and(a.code, b.code) : .or(a.code, b.code), .boolean, of: [a, b], at: syntax)
    }

    private mutating func order(_ order: Order, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        let reason = "'\(order.rawValue)' compares numbers"
        let (a, b) = (limited(left, by: right, reason), limited(right, by: left, reason))
        guard let a, let b else { return nil }
        warnOfMeasures(a, left, b, right, at: syntax)
        warnOfRange(order, a, left, b, right, at: syntax)
        let isSame = order == .lessOrEqual || order == .greaterOrEqual
        return compared(.ordered(order, a.code, b.code), (left, a), (right, b), whereSame: isSame, at: syntax)
    }

    /// An age that is compared with a literal changes the result at one moment only.
    private mutating func limited(_ part: Syntax, by other: Syntax, _ reason: String) -> Checked? {
        if case .call(let function, _) = part.form, function == .age || function == .since,
            case .duration(let limit) = other.form
        {
            ageLimit = limit.seconds
        }
        defer { ageLimit = nil }
        return check(part, as: .number, reason, remedy: Idiom.remedy(forText: part, insteadOf: .number))
    }

    private mutating func equality(_ infix: Infix, _ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        guard let (a, b) = pair(left, right, at: syntax, "cannot be equal") else { return nil }
        if let values = a.values, let other = b.values, !values.contains(where: { Self.contains(other, $0) }) {
            neverEqual(left, values, right, other)
            return nil
        }
        warnOfDate(left, right)
        warnOfRange(a, left, b, at: syntax)
        warnOfRange(b, right, a, at: syntax)
        let code = Code.equal(a.code, b.code, negated: infix == .unequal)
        return compared(code, (left, a), (right, b), whereSame: infix == .equal, at: syntax)
    }

    private mutating func compared(
        _ code: Code, _ left: (syntax: Syntax, checked: Checked), _ right: (syntax: Syntax, checked: Checked),
        whereSame: Bool, at syntax: Syntax
    ) -> Checked {
        let (a, b) = (left.checked, right.checked)
        let isDynamic = a.kind == nil || b.kind == nil
        let checked = result(
            code, .boolean, of: [a, b], mayBeUnknown: a.mayBeUnknown || b.mayBeUnknown || isDynamic, at: syntax)
        if checked.constant != nil {
            warnOfConstant(checked, at: syntax)
        } else if left.syntax == right.syntax, !left.syntax.isLeftToChance {
            warn(at: syntax, "both sides are the same: this is always \(whereSame)")
        }
        return checked
    }

    mutating func neverEqual(_ left: Syntax, _ values: [String], _ right: Syntax, _ other: [String]) {
        // The side with one text is the literal, the other one a key with its values.
        let (key, known, word, place) =
            other.count == 1 ? (left, values, other[0], right) : (right, other, values.first ?? "", left)
        fault(
            at: place, "\(key) is never '\(word)'",
            remedy: Suggestion.question(for: word, in: known)
                ?? "it is one of \(known.prefix(20).joined(separator: ", "))")
    }

    private mutating func fallback(_ left: Syntax, _ right: Syntax, at syntax: Syntax) -> Checked? {
        guards += 1
        let first = check(left)
        guards -= 1
        guard let (a, b) = pair(left, right, at: syntax, "cannot stand for each other", first: .some(first)) else {
            return nil
        }
        if !a.mayBeUnknown { warn(at: syntax, "\(left) is never unknown, so '??' does nothing") }
        var checked = result(
            .fallback(a.code, b.code), a.kind ?? b.kind, of: [a, b], mayBeUnknown: a.mayBeUnknown && b.mayBeUnknown,
            measure: a.measure.joined(b.measure), at: syntax)
        checked.values = checked.values ?? Self.union(a.values, b.values)
        checked.isRaw = a.isRaw && b.isRaw
        return checked
    }

    mutating func conditional(
        _ condition: Syntax, _ then: Syntax, _ otherwise: Syntax, at syntax: Syntax
    ) -> Checked? {
        let test = check(condition, as: .boolean, "'if' takes true or false")
        let first = proving(condition.proves(true)) { $0.check(then) }
        let second = proving(condition.proves(false)) { $0.check(otherwise) }
        guard
            let (a, b) = pair(then, otherwise, at: syntax, "cannot both be the result", first: first, second: second),
            let test
        else { return nil }
        warnOfConstant(test, at: condition)
        return Checked(
            code: .conditional(test.code, a.code, b.code), kind: a.kind == b.kind ? a.kind : nil,
            mayBeUnknown: test.mayBeUnknown || a.mayBeUnknown || b.mayBeUnknown || test.kind == nil,
            values: Self.union(a.values, b.values), measure: a.measure.joined(b.measure),
            isRaw: a.isRaw && b.isRaw)
    }

    mutating func membership(_ operand: Syntax, _ items: [Syntax], _ negated: Bool, at syntax: Syntax) -> Checked? {
        var left = check(operand)
        var seen: Set<Syntax> = []
        var checked: [Checked] = []
        if let raw = left, raw.isRaw, let kind = kind(of: items) { left = raw.read(as: kind) }
        for item in items {
            if !seen.insert(item).inserted { warn(at: item, "\(item) is in the list twice") }
            if let part = check(item), let left, let fitting = self.item(part, item, of: left, operand) {
                checked.append(fitting)
            }
        }
        guard let left, checked.count == items.count else { return nil }
        let all = [left] + checked
        let isDynamic = all.contains { $0.kind == nil }
        let whole = result(
            .membership(left.code, checked.map(\.code), negated: negated), .boolean, of: all,
            mayBeUnknown: isDynamic || all.contains { $0.mayBeUnknown }, at: syntax)
        if whole.constant != nil {
            warnOfConstant(whole, at: syntax)
        } else if let values = left.values {
            let named = checked.compactMap { $0.constant?.string }
            if values.allSatisfy({ Self.contains(named, $0) }) {
                warn(at: syntax, "\(operand) is always one of these: this is always \(!negated)")
            }
        }
        return whole
    }

    /// What a text that was sent is compared with; nil where that differs.
    private mutating func kind(of items: [Syntax]) -> ValueKind? {
        let kinds = Set(
            items.map { item in
                if case .literal(let value) = item.form { ValueKind(value) } else { ValueKind.text }
            })
        return kinds.count == 1 ? kinds.first : .text
    }

    private mutating func item(
        _ item: Checked, _ syntax: Syntax, of left: Checked, _ operand: Syntax
    ) -> Checked? {
        if let kind = left.kind, let other = item.kind, kind != other {
            fault(at: syntax, "\(operand) is \(kind.phrase) and \(syntax) is \(other.phrase): they cannot be equal")
            return nil
        }
        if let values = left.values, let word = item.constant?.string, !Self.contains(values, word) {
            neverEqual(operand, values, syntax, [word])
            return nil
        }
        warnOfMeasures(left, operand, item, syntax, at: syntax)
        warnOfRange(left, operand, item, at: syntax)
        return item
    }

    /// Two parts that must be of one kind.
    private mutating func pair(
        _ left: Syntax, _ right: Syntax, at syntax: Syntax, _ reason: String, first: Checked?? = nil,
        second: Checked?? = nil
    ) -> (Checked, Checked)? {
        let a = first ?? check(left)
        let b = second ?? check(right)
        guard var a, var b else { return nil }
        // What was sent is read as what it stands beside.
        if let kind = b.kind { a = a.read(as: kind) }
        if let kind = a.kind { b = b.read(as: kind) }
        if let kind = a.kind, let other = b.kind, kind != other {
            fault(
                at: syntax, "\(left) is \(kind.phrase) and \(right) is \(other.phrase): they \(reason)",
                remedy: Idiom.remedy(for: left, of: other, beside: right)
                    ?? Idiom.remedy(for: right, of: kind, beside: left))
            return nil
        }
        warnOfMeasures(a, left, b, right, at: syntax)
        return (a, b)
    }

    /// Checks with more names known to have a value.
    private mutating func proving(
        _ names: Set<Syntax.Form>, _ body: (inout Checker) -> Checked?
    ) -> Checked? {
        let before = proven
        proven.formUnion(names)
        defer { proven = before }
        return body(&self)
    }

    static func union(_ some: [String]?, _ more: [String]?) -> [String]? {
        guard let some, let more else { return nil }
        return some + more.filter { !contains(some, $0) }
    }
}

extension Syntax {
    /// The parts that have a value for sure where this one came out so.
    fileprivate func proves(_ outcome: Bool) -> Set<Form> {
        switch form {
        case .call(.known, let arguments) where outcome: Set(arguments.map(\.form))
        case .prefix(.not, let operand): operand.proves(!outcome)
        case .infix(.and, let a, let b) where outcome: a.proves(true).union(b.proves(true))
        case .infix(.or, let a, let b) where !outcome: a.proves(false).union(b.proves(false))
        default: []
        }
    }
}
