import Komoku
import KomokuExpression
import KomokuYAML

/// A variable of a rule: worked out when a run begins.
struct Variable {
    let name: String
    /// As an expression, the variables before it written in; nil for a template, and where it is too long.
    let text: String?
    let isTemplate: Bool
}

extension RuleReader {
    /// Reads `vars`: each becomes a first step of the procedure.
    func variables(_ settings: SettingsReader) -> [Variable] {
        guard let entries = settings.given("vars", .entries(.localName, .item)) else {
            // What cannot be read is no reason to complain of each use of it.
            let isMeant = settings.strangers(to: .rule).contains { Vocabulary.rule.meaning(of: $0.name).word == "vars" }
            if settings.has("vars") || isMeant { scope.isOpen = true }
            return []
        }
        if entries.count < settings.setting("vars")?.node.entries?.count ?? 0 { scope.isOpen = true }
        var variables: [Variable] = []
        for entry in entries {
            readsHidden = false
            guard let calculated = calculated(entry.value) else {
                scope.locals[entry.key] = .dynamic
                continue
            }
            let text = calculated.syntax.flatMap { $0.root.written($0.text, in: variables) }
            variables.append(Variable(name: entry.key, text: text, isTemplate: calculated.syntax == nil))
            scope.locals[entry.key] = calculated.declaration
            procedure.add(
                Instruction(
                    step: "vars.\(entry.key)", position: entry.value.position,
                    SetLocal(entry.key, calculated.content),
                    policy: Instruction.Policy(hidesContent: readsHidden || entry.value.node.holdsSubstitution)))
        }
        return variables
    }

    /// What `set`, `with` and `vars` give to a name.
    struct Calculated {
        let content: Content
        let declaration: Scope.Declaration
        /// Of an expression.
        var syntax: (text: String, root: Syntax)?
    }

    /// An expression as text, a number, `{expr: …}`, or a template: `{text: …}`.
    func calculated(_ setting: Setting) -> Calculated? {
        if let setting = only("text", in: setting) {
            return template(setting).map {
                Calculated(
                    content: .text($0), declaration: Scope.Declaration(.text, mayBeUnknown: !$0.reads.keys.isEmpty))
            }
        }
        guard let (compiled, root) = expressionValue(setting).flatMap({ checked($0) }) else { return nil }
        return Calculated(
            content: .expression(compiled),
            declaration: Scope.Declaration(
                compiled.kind, mayBeUnknown: compiled.mayBeUnknown, unit: compiled.unit),
            syntax: (compiled.text, root))
    }

    func expressionValue(_ setting: Setting) -> Setting? {
        if let setting = expr(in: setting) { return setting }
        guard setting.node.scalar != nil, !setting.node.isNull else {
            setting.mismatch(expecting: "an expression, or {text: …}")
            return nil
        }
        return setting
    }

    /// The condition is looked at before the run begins, so the variables stand in it as they were written.
    func inlined(
        _ condition: CompiledExpression, _ syntax: Syntax, _ variables: [Variable], _ setting: Setting
    ) -> CompiledExpression? {
        if let template = syntax.bareNames.first(where: { name in
            variables.last { $0 == name }?.isTemplate ?? false
        }) {
            setting.error("'\(template)' is a text with expressions in it, which a condition cannot read")
            return nil
        }
        guard let text = syntax.written(condition.text, in: variables) else {
            setting.error("the condition is too long with its variables written in")
            return nil
        }
        if text.utf8.elementsEqual(condition.text.utf8) { return condition }
        var types = self.types(scope.opened(for: [syntax], keys))
        for variable in variables { types.locals[variable.name] = nil }
        types.warnsOfUnknown = false
        guard let expression = try? Expression.parse(text),
            let compiled = try? expression.check(in: types, expecting: .boolean)
        else {
            setting.error("the condition is too long with its variables written in")
            return nil
        }
        let hides =
            condition.isHidden
            || variables.contains { variable in
                reading.hidden.names.contains(variable.name) && syntax.bareNames.contains { variable == $0 }
            }
        return hides ? compiled.hidden : compiled
    }
}

extension Variable {
    fileprivate static func == (variable: Variable, name: KeyName) -> Bool {
        variable.name.utf8.elementsEqual(name.text.utf8)
    }
}

extension Syntax {
    /// The text with variables replaced by what they stand for; nil where one of them is a template, or where it grows beyond
    /// all expressions.
    fileprivate func written(_ text: String, in variables: [Variable]) -> String? {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var end = 0
        for name in names.sorted(by: { $0.span.lowerBound < $1.span.lowerBound }) where !name.isQuoted {
            guard let variable = variables.last(where: { $0 == name.name }), name.span.lowerBound >= end,
                name.span.upperBound <= bytes.count
            else { continue }
            guard let text = variable.text, result.count <= Expression.maximumLength else { return nil }
            result += bytes[end..<name.span.lowerBound] + Array("(\(text))".utf8)
            // A name in parentheses has them in its span.
            end = name.span.upperBound
        }
        return String(decoding: result + bytes[end...], as: UTF8.self)
    }
}
