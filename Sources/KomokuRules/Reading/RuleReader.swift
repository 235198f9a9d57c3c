import Komoku
import KomokuExpression
import KomokuYAML

/// Reads one rule or script, or one of those that `each` makes.
final class RuleReader {
    let reading: RuleReading
    let report: SettingsReport
    let isScript: Bool
    /// The names at the place that is being read.
    var scope = Scope()
    var procedure = ProcedureBuilder()
    /// The loops in which that stands, the innermost last.
    var loops: [OpenLoop] = []
    /// Something that nobody may see was read for the step at hand.
    var readsHidden = false
    /// Keys that were said to be possibly unknown: once a rule is enough.
    private var warnedOf: Set<String> = []
    /// Keys that were said to be missing.
    var warnedOfMissing: Set<KeyName> = []

    var keys: KnownKeys { reading.keys }

    init(_ reading: RuleReading, report: SettingsReport, item: String?, isScript: Bool) {
        self.reading = reading
        self.report = report
        self.isScript = isScript
        scope.item = item
        if let item { scope.locals["self"] = Scope.Declaration(constant: .string(item)) }
    }

    /// - Returns: nil after a report of what is wrong with it.
    func rule(_ settings: SettingsReader) -> (rule: Rule, isEnabled: Bool)? {
        let before = report.diagnostics.all.count
        let words = isScript ? Vocabulary.script : .rule
        settings.declare(isScript ? "parameters" : "each")
        let name = settings.needed("name", .ruleName, of: words, remedy: "each has a name of its own")
        let about = settings.given("description", .string)
        let isEnabled = settings.given("enabled", .bool) ?? true
        let parameters = isScript ? self.parameters(settings) : []
        let triggers = isScript ? [] : self.triggers(settings, words)
        let variables = self.variables(settings)
        let condition = settings.setting("if").map { self.condition($0, variables) }
        let options = RuleOptions(reading: settings)
        // Whoever calls it: it does nothing where its condition does not hold.
        let start = isScript ? condition?.map { begin($0, at: settings.position) } : nil
        if let then = settings.needed("then", .item, of: words, remedy: "write then: {put: {hall.light: true}}") {
            _ = block(then, path: "")
        }
        if let start = start ?? nil { procedure.land(start) }
        if procedure.isTooLong { settings.error("\(settings.subject) has more than \(ProcedureBuilder.limit) steps") }
        settings.refuseStrangers(to: words)
        settings.finish()
        reading.confinement?.check(Procedure(procedure.instructions), at: settings.position, report)
        let instructions =
            reading.confinement?.confined(procedure.instructions, at: settings.position) ?? procedure.instructions
        guard let name, !report.hasErrors(after: before) else { return nil }
        if options.mode == .restart, !procedure.waits {
            settings.warning(at: "mode", "'restart' does nothing here: no step of the rule waits")
        }
        let rule = Rule(
            name: scope.item.map { "\(name)/\($0)" } ?? name, position: settings.position,
            hash: RuleHash.text(of: settings.node, item: scope.item), about: about, triggers: triggers,
            condition: condition ?? nil, procedure: Procedure(instructions), mode: options.mode,
            limit: options.limit, onRestart: options.onRestart, maxOutage: options.maxOutage, parameters: parameters,
            isScript: isScript)
        return (rule, isEnabled)
    }

    private func triggers(_ settings: SettingsReader, _ words: Vocabulary) -> [Trigger] {
        let remedy = "write when: {change: hall.motion}"
        guard let when = settings.needed("when", .oneOrMore(of: triggerType), of: words, remedy: remedy) else {
            excuse()
            return []
        }
        if when.isEmpty, settings.setting("when")?.items?.isEmpty ?? false {
            settings.error(at: "when", "'when' is empty", remedy: "a rule needs at least one")
        }
        scope = when.map(\.scope).reduce(nil) { $0?.merged(with: $1) ?? $1 }.map { scope.adding($0) } ?? scope
        // What a faulty one would have given is no reason to complain of each use of it.
        if let written = settings.setting("when")?.items?.count, when.count < written { excuse() }
        scope.locals["trigger"] = Scope.Declaration(.text, mayBeUnknown: false)
        let triggers = when.flatMap(\.triggers)
        let ids = triggers.compactMap(\.id)
        if !ids.isEmpty {
            scope.locals["trigger_id"] = Scope.Declaration(.text, mayBeUnknown: ids.count < triggers.count, values: ids)
        }
        return triggers
    }

    /// Takes the names that triggers give for known.
    private func excuse() {
        for name in ["value", "previous", "key", "topic", "payload", "sender"] { scope.locals[name] = .dynamic }
        scope.locals["payload"]?.isDocument = true
        for name in CalendarTrigger.locals.keys { scope.locals[name] = .dynamic }
    }

    private func condition(_ setting: Setting, _ variables: [Variable]) -> CompiledExpression? {
        let before = report.diagnostics.all.count
        guard let (compiled, syntax) = checked(setting, expecting: .boolean) else { return nil }
        warnOfConstant(compiled, setting, after: before)
        scope.known.formUnion(syntax.needed)
        return inlined(compiled, syntax, variables, setting)
    }

    private func begin(_ condition: CompiledExpression, at position: SourcePosition) -> Int {
        add(Branch(condition), Place(step: "if", position: position, policy: Instruction.Policy()))
    }

    // MARK: Expressions

    /// An expression, or nil after a report of everything that is wrong with it.
    func expression(_ setting: Setting, expecting kind: ValueKind? = nil, unit: String? = nil) -> CompiledExpression? {
        checked(setting, expecting: kind, unit: unit)?.compiled
    }

    /// - Parameter warnsOfUnknown: whether something has to stand in for keys that may be without a value.
    func checked(
        _ setting: Setting, expecting kind: ValueKind? = nil, unit: String? = nil, warnsOfUnknown: Bool = true
    ) -> (compiled: CompiledExpression, syntax: Syntax)? {
        let setting = expr(in: setting) ?? setting
        guard let text = setting.value(.expressionText) else { return nil }
        do throws(Expression.Faults) {
            let expression = try Expression.parse(text)
            noteNames(in: expression.root, text, setting)
            warnOfFormerNames(in: expression.root, setting)
            var types = self.types(scope.opened(for: [expression.root], keys))
            if !warnsOfUnknown { types.warnsOfUnknown = false }
            let (compiled, warnings) = try expression.checkWithWarnings(in: types, expecting: kind, unit: unit)
            warnOfMissing(in: expression.root, setting)
            warn(warnings, setting, text)
            return (hiding(compiled, setting), expression.root)
        } catch {
            setting.report(error)
            return nil
        }
    }

    /// A text for people: a part that is unknown is shown as such, which is better than a number that stands in for it.
    func notice(_ setting: Setting) -> CompiledTemplate? { template(setting, warnsOfUnknown: false) }

    func template(_ setting: Setting, warnsOfUnknown: Bool = true) -> CompiledTemplate? {
        guard let text = setting.value(.string) else { return nil }
        do throws(Expression.Faults) {
            let template = try Template.parse(text)
            noteNames(in: template, setting)
            var parts: [Syntax] = []
            if scope.isOpen || keys.environment.knowsHouse {
                for case .expression(let text, _) in template.parts {
                    if let expression = try? Expression.parse(text) { parts.append(expression.root) }
                }
            }
            var types = self.types(scope.opened(for: parts, keys))
            if !warnsOfUnknown { types.warnsOfUnknown = false }
            let (compiled, warnings) = try template.checkWithWarnings(in: types)
            for part in parts { warnOfMissing(in: part, setting, isPart: true) }
            warn(warnings, setting, text)
            warnOfDoubledBraces(setting, text)
            if setting.node.holdsSubstitution || compiled.expressions.contains(where: readsHiddenName) {
                readsHidden = true
            }
            return compiled
        } catch {
            setting.report(error)
            return nil
        }
    }

    /// - Parameter isPart: it is one of several in a text, whose places count from its own beginning.
    private func warnOfMissing(in syntax: Syntax, _ setting: Setting, isPart: Bool = false) {
        guard keys.environment.knowsHouse else { return }
        for (name, isQuoted, span) in syntax.names where isQuoted || !scope.isLocal(name) {
            guard isQuoted || !Function.isWord(name.text) else { continue }
            let key = isQuoted ? name : KeyName(KeyPlace.text(name.text, item: scope.item)) ?? name
            warnOfMissing(key, setting, atOffset: isPart ? nil : span.lowerBound)
        }
    }

    /// The expression as it may be shown: one with a value of the environment in it, or in a name that it reads, is not.
    private func hiding(_ expression: CompiledExpression, _ setting: Setting) -> CompiledExpression {
        guard setting.node.holdsSubstitution || readsHiddenName(expression) else { return expression }
        readsHidden = true
        return expression.hidden
    }

    private func readsHiddenName(_ expression: CompiledExpression) -> Bool {
        if reading.hidden.names.isEmpty { return false }
        let computed = expression.reads.computedKeys.flatMap(\.locals)
        return expression.references.contains { reference in
            if case .local(let name) = reference { reading.hidden.names.contains(name) } else { false }
        } || computed.contains { reading.hidden.names.contains($0) }
    }

    func types(_ scope: Scope) -> TypeEnvironment {
        var types = TypeEnvironment(
            locals: scope.locals, key: keys.declaration, candidates: keys.candidates,
            offers: keys.offersHistory ? keys.environment.offers : keys.environment.offers.subtracting(.history),
            warnsOfUnknown: keys.environment.warnsOfUnknown)
        types.matching = keys.matching
        types.calendars = keys.environment.calendars.names
        types.knowsAllKeys = !keys.environment.mayDiscover || keys.environment.knowsHouse
        return types
    }

    private func warn(_ warnings: [Expression.Fault], _ setting: Setting, _ text: String) {
        for warning in warnings where !isSettled(warning, text) {
            setting.warning(warning.message, atOffset: warning.offset, remedy: warning.remedy)
        }
    }

    /// Whether a key that may be unknown is known to have a value here, or was spoken of before.
    private func isSettled(_ warning: Expression.Fault, _ text: String) -> Bool {
        guard warning.message.hasSuffix(" may be unknown") else { return false }
        let bytes = text.utf8.dropFirst(warning.offset).prefix(warning.length)
        let name = String(decoding: bytes.filter { $0 != UInt8(ascii: "`") }, as: UTF8.self)
        if let key = KeyName(KeyPlace.text(name, item: scope.item)),
            scope.known.contains(key) || keys.environment.hasValue(key) || warnedOfMissing.contains(key)
        {
            return true
        }
        return !warnedOf.insert(name).inserted
    }

    /// `{{ hall.lux }}`, as others write what is filled in: here two braces are one in the text.
    private func warnOfDoubledBraces(_ setting: Setting, _ text: String) {
        let bytes = Array(text.utf8)
        let pair = [UInt8(ascii: "{"), UInt8(ascii: "{")]
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: pair) }),
            let end = bytes[(start + 2)...].firstIndex(of: UInt8(ascii: "}")),
            bytes[end...].dropFirst().first == bytes[end]
        else { return }
        let content = String(decoding: bytes[(start + 2)..<end], as: UTF8.self)
        guard let names = try? Expression.parse(content).root.names, !names.isEmpty,
            names.allSatisfy({ scope.isLocal($0.name) || keys.isThere($0.name) })
        else { return }
        setting.warning(
            "'{{' is a brace in the text, and nothing is filled in", atOffset: start, remedy: "write single braces")
    }

    /// A condition that is the same whatever happens.
    ///
    /// - Parameter count: of the findings before it; where a part of it was found to be constant, that is enough.
    func warnOfConstant(_ condition: CompiledExpression, _ setting: Setting, after count: Int) {
        guard let constant = condition.constantCondition, report.diagnostics.all.count == count else { return }
        setting.warning("this condition is \(constant ? "always" : "never") true")
    }
}

extension CompiledExpression {
    /// What a condition that reads nothing always is; nil where it reads something.
    var constantCondition: Bool? {
        guard references.isEmpty, reads == .none else { return nil }
        return holds { _ in nil }
    }
}

extension SettingType where Value == String {
    /// The text of an expression; a number or a boolean is one too.
    static var expressionText: SettingType {
        SettingType(expectation: "an expression") { setting in
            if setting.node.scalar != nil, !setting.node.isNull { return setting.value(.string) }
            let remedy = setting.items == nil ? "write it as text: \"hall.lux < 40\"" : "join the parts: \"a and b\""
            setting.mismatch(expecting: "an expression", remedy: remedy)
            return nil
        }
    }

    static var ruleName: SettingType {
        .text("text") { text throws(Setting.Invalid) in
            if text.isEmpty { throw Setting.Invalid("it is empty") }
            if text.utf8.count > Rule.maximumName {
                throw Setting.Invalid("it is longer than \(Rule.maximumName) bytes")
            }
            if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                throw Setting.Invalid("it holds a control character")
            }
            return text
        }
    }
}

extension Setting {
    /// The most faults of one text that are told: its places have to be counted out for each.
    private static let maximumFaults = 20

    func report(_ faults: Expression.Faults) {
        for fault in faults.all.prefix(Self.maximumFaults) {
            error(fault.message, atOffset: fault.offset, remedy: fault.remedy)
        }
        let more = faults.all.count - Self.maximumFaults
        if more > 0 { error("there are \(more) more errors in this text") }
    }
}

extension SettingsReport {
    /// Whether an error was reported since there were so many diagnostics.
    func hasErrors(after count: Int) -> Bool {
        diagnostics.all.dropFirst(count).contains { $0.severity == .error }
    }
}
