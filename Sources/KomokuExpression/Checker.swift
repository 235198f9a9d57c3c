import Komoku

/// Gives each part of a tree its kind and measure, resolves its names, and gathers every fault and warning on the way.
struct Checker {
    /// A part without a fault.
    struct Checked {
        var code: Code
        /// Nil where it is known only when evaluated.
        var kind: ValueKind?
        var mayBeUnknown: Bool
        /// The only texts that it can be.
        var values: [String]?
        /// Of numbers.
        var measure: Measure = .any
        /// Between which numbers it always is.
        var range: ClosedRange<Double>?
        /// What it always is: it is made of literals alone.
        var constant: Value?
        /// A text as a device sent it, of which nobody has said yet what it is read as.
        var isRaw = false
    }

    let environment: TypeEnvironment
    var faults: [Expression.Fault] = []
    var warnings: [Expression.Fault] = []
    /// By slot.
    private(set) var references: [Reference] = []
    var reads = Reads()
    private var slots: [Reference: Int] = [:]
    /// The seconds that the age being checked is compared with; nil where it is used otherwise.
    var ageLimit: Double?
    /// Names that have a value here, because `known` was asked before.
    var proven: Set<Syntax.Form> = []
    /// More than 0 where something stands in for an unknown value.
    var guards = 0
    private var warnedOf: Set<Syntax.Form> = []

    init(environment: TypeEnvironment) {
        self.environment = environment
    }

    /// - Returns: nil where the part has a fault, which is in `faults` then.
    mutating func check(_ syntax: Syntax) -> Checked? {
        switch syntax.form {
        case .literal(let value): literal(value)
        case .duration(let duration): literal(.number(duration.seconds), .duration)
        case .name(let name, let quoted): check(name, quoted, at: syntax)
        case .computedName(let key): check(key, at: syntax)
        case .prefix(let prefix, let operand): check(prefix, operand)
        case .infix(let infix, let left, let right): check(infix, left, right, at: syntax)
        case .membership(let operand, let items, let negated): membership(operand, items, negated, at: syntax)
        case .conditional(let condition, let then, let otherwise): conditional(condition, then, otherwise, at: syntax)
        case .call(let function, let arguments): check(function, arguments, at: syntax)
        }
    }

    private func literal(_ value: Value, _ measure: Measure = .bare) -> Checked {
        Checked(
            code: .constant(value), kind: ValueKind(value), mayBeUnknown: false, values: value.string.map { [$0] },
            measure: measure, constant: value)
    }

    private mutating func check(_ name: KeyName, _ quoted: Bool, at syntax: Syntax) -> Checked? {
        if !quoted {
            if let local = environment.locals[name.text] { return read(name.text, local) }
            if let key = selfKey(name) { return check(key, at: syntax) }
            if let checked = member(name, at: syntax) { return checked }
            if let checked = word(name, at: syntax) { return checked }
        }
        return declaration(of: name, quoted, at: syntax).flatMap { read(.key(name), $0, at: syntax) }
    }

    /// A part of a message.
    private mutating func member(_ name: KeyName, at syntax: Syntax) -> Checked? {
        guard let (local, path) = TypeEnvironment.member(name, of: environment.locals),
            let declaration = environment.locals[local]
        else { return nil }
        if environment.key(name)?.kind != nil {
            warn(
                at: syntax, "'\(name)' is a part of \(local) here",
                remedy: "the key of that name is written `\(name)`")
        }
        let document = read(local, declaration)
        return Checked(code: .call(Function.member(path), [document.code]), mayBeUnknown: true)
    }

    /// What is asked without arguments: `hour`, `pi`.
    private mutating func word(_ name: KeyName, at syntax: Syntax) -> Checked? {
        guard let word = Function.named(name.text), word.isWord, environment.offers.isSuperset(of: word.needs) else {
            return nil
        }
        // Where devices may bring any key nobody knows of one of this name.
        if environment.key(name)?.kind != nil {
            // A constant is no reason to take a key away from whoever has it.
            guard !word.needs.isEmpty else { return nil }
            warn(at: syntax, "'\(name)' is the time here", remedy: "the key of that name is written `\(name)`")
        }
        return word.check(&self, Function.Call(function: word, arguments: [], syntax: syntax))
    }

    /// `self.lux`, unless it is a key of that name at a place without `self`.
    func selfKey(_ name: KeyName) -> ComputedKey? {
        guard let key = ComputedKey(selfName: name) else { return nil }
        return environment.locals["self"] == nil && environment.key(name) != nil ? nil : key
    }

    /// A key that has to be there.
    mutating func declaration(
        of name: KeyName, _ quoted: Bool, at syntax: Syntax
    ) -> TypeEnvironment.Declaration? {
        if !quoted, name.text.utf8.elementsEqual("self".utf8) {
            fault(at: syntax, "'self' is not known here", remedy: "a key of that name is written `self`")
            return nil
        }
        if let declaration = environment.key(name) {
            // Where devices may bring any key a word such as `on` is none of them.
            if quoted || declaration != .dynamic { return declaration }
            guard let remedy = Idiom.remedy(forWordOrLocal: name.text) else { return declaration }
            fault(at: syntax, "there is no key '\(name)'", remedy: remedy)
            return nil
        }
        if !quoted, let word = ClockWord.named(name.text) {
            refuse(word.name, word.needs, at: syntax)
            return nil
        }
        let locals = environment.locals.keys.sorted()
        let remedy =
            Suggestion.question(for: name.text, in: environment.candidates() + locals)
            ?? (quoted ? nil : remedy(forMemberOf: locals, name))
            ?? (quoted ? nil : Idiom.remedy(forLocal: name.text))
            ?? (quoted ? nil : Idiom.remedy(forName: name) { environment.key($0) != nil })
        fault(at: syntax, "there is no key '\(name)'", remedy: remedy)
        return nil
    }

    /// `trigger.key`: a local is a value and has no parts.
    private func remedy(forMemberOf locals: [String], _ name: KeyName) -> String? {
        let parts = name.text.split(separator: ".")
        guard parts.count > 1, let local = locals.first(where: { $0.utf8.elementsEqual(parts[0].utf8) }) else {
            return nil
        }
        return "'\(local)' has no members; names here are \(locals.prefix(12).joined(separator: ", "))"
    }

    private mutating func check(_ key: ComputedKey, at syntax: Syntax) -> Checked? {
        guard let (subject, declaration) = resolve(key, at: syntax) else { return nil }
        switch subject {
        case .key(let name): return read(.key(name), declaration, at: syntax)
        case .computed(let key):
            reads.add(key)
            warnOfUnknown(declaration, at: syntax)
            return Checked(
                code: .computed(ComputedReference(kind: .key(key))), mayBeUnknown: !proven.contains(syntax.form))
        }
    }

    private mutating func read(_ name: String, _ local: TypeEnvironment.Declaration) -> Checked {
        var checked = read(.local(name), local)
        if let constant = local.constant { checked.code = .constant(constant) }
        return checked
    }

    private mutating func read(
        _ reference: Reference, _ declaration: TypeEnvironment.Declaration, at syntax: Syntax
    ) -> Checked? {
        if declaration.isEvent == true, case .key(let name) = reference {
            fault(
                at: syntax, "\(name) is an event and has no lasting value",
                remedy:
                    "react to it with {event: \(name), is: …} under 'when' or 'wait_for'; what it said is 'value' there"
            )
            return nil
        }
        warnOfUnknown(declaration, at: syntax)
        var checked = read(reference, declaration)
        if proven.contains(syntax.form) { checked.mayBeUnknown = false }
        return checked
    }

    mutating func read(_ reference: Reference, _ declaration: TypeEnvironment.Declaration) -> Checked {
        let slot = slots[reference] ?? references.count
        if slot == references.count {
            references.append(reference)
            slots[reference] = slot
            reads.add(reference)
        }
        if case .history(let call) = reference, call.function == .age || call.function == .since {
            reads.add(call.function, of: call.key, limit: ageLimit)
        }
        return Checked(
            code: .read(slot), kind: declaration.kind, mayBeUnknown: declaration.mayBeUnknown,
            values: declaration.values, measure: Measure(unit: declaration.unit), isRaw: declaration.isRaw)
    }

    private mutating func warnOfUnknown(_ declaration: TypeEnvironment.Declaration, at syntax: Syntax) {
        guard environment.warnsOfUnknown, declaration.mayBeUnknown, guards == 0, !proven.contains(syntax.form),
            warnedOf.insert(syntax.form).inserted
        else { return }
        let other =
            switch declaration.kind {
            case .number: "0"
            case .boolean: "false"
            case .text: "''"
            case nil: "0, or what else counts then"
            }
        warn(at: syntax, "\(syntax) may be unknown", remedy: "write \(syntax) ?? \(other)")
    }

    mutating func check(_ syntax: Syntax, as kind: ValueKind, _ reason: String, remedy: String? = nil) -> Checked? {
        check(syntax).flatMap { demand($0, at: syntax, kind, reason, remedy: remedy) }
    }

    /// A part that was checked, where it is of a kind.
    mutating func demand(
        _ checked: Checked, at syntax: Syntax, _ kind: ValueKind, _ reason: String, remedy: String? = nil
    ) -> Checked? {
        if checked.isRaw { return checked.read(as: kind) }
        if let found = checked.kind, found != kind {
            fault(at: syntax, "\(reason), \(syntax) is \(found.phrase)", remedy: remedy)
            return nil
        }
        return checked
    }

    /// What an operation on checked parts makes: worked out at once where all of them are literals.
    mutating func result(
        _ code: Code, _ kind: ValueKind?, of operands: [Checked], mayBeUnknown: Bool? = nil, measure: Measure = .any,
        at syntax: Syntax
    ) -> Checked {
        var checked = Checked(
            code: code, kind: kind, mayBeUnknown: mayBeUnknown ?? operands.contains { $0.mayBeUnknown },
            measure: measure)
        guard !operands.isEmpty, operands.allSatisfy({ $0.constant != nil }) else { return checked }
        var evaluator = Evaluator()
        guard let value = evaluator.value(code, { _ in nil }) else {
            warn(at: syntax, "this is always unknown")
            return checked
        }
        checked.code = .constant(value)
        checked.mayBeUnknown = false
        checked.constant = value
        checked.values = value.string.map { [$0] }
        return checked
    }

    mutating func fault(at syntax: Syntax, _ message: String, remedy: String? = nil) {
        faults.append(Expression.Fault(at: syntax.span, message, remedy: remedy))
    }

    /// Something within a text that was written as a literal.
    ///
    /// - Parameter offset: bytes of UTF-8 of the text.
    mutating func fault(inside syntax: Syntax, at offset: Int, length: Int = 1, _ message: String) {
        var span = syntax.span
        // Where a quote is doubled places are not those of the source.
        if case .literal(.string(let text)) = syntax.form, span.count == text.utf8.count + 2 {
            let start = span.lowerBound + 1 + min(max(offset, 0), text.utf8.count)
            span = start..<min(start + max(length, 1), span.upperBound)
        }
        faults.append(Expression.Fault(at: span, message))
    }

    mutating func warn(at syntax: Syntax, _ message: String, remedy: String? = nil) {
        warnings.append(Expression.Fault(.warning, at: syntax.span, message, remedy: remedy))
    }

    static func contains(_ texts: [String], _ text: String) -> Bool {
        texts.contains { $0.utf8.elementsEqual(text.utf8) }
    }
}

extension Checker.Checked {
    /// What a device sent, read as what is needed.
    func read(as kind: ValueKind) -> Checker.Checked {
        guard isRaw else { return self }
        return Checker.Checked(
            code: .call(.reading(as: kind), [code]), kind: kind, mayBeUnknown: kind != .text || mayBeUnknown)
    }
}
