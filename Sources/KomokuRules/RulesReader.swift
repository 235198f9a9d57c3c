import Komoku
import KomokuExpression
package import KomokuYAML

extension Rule {
    /// Reads the section `rules` of the configuration and checks every expression against the keys that exist. Problems go
    /// to the reader's report; rules that have one are left out.
    package static func rules(from settings: SettingsReader, environment: RuleEnvironment) -> [Rule] {
        guard let section = settings.setting("rules") else { return [] }
        let items = section.value(.list(of: .item)) ?? []
        let produced = ProducedKeys(items.map(\.node)).unknown(to: environment)
        let reader = RuleReader(known: environment, environment: environment.adding(produced))
        var names: [String: SourcePosition] = [:]
        return items.compactMap { item in
            guard let rule = item.value(SettingType.mapping { reader.rule($0) }) else { return nil }
            if let first = names[rule.name] {
                item.report.error(
                    at: rule.position, "there are two rules '\(rule.name)', the first at \(first)",
                    remedy: "give each a name of its own")
                return nil
            }
            names[rule.name] = rule.position
            return rule
        }
    }
}

extension SettingType where Value == Setting {
    /// The setting itself, to be read later.
    static var item: SettingType { SettingType(expectation: "a value") { $0 } }
}

/// Reads one rule.
struct RuleReader {
    /// The keys that exist without the rules.
    let known: RuleEnvironment
    /// With those that rules make.
    let environment: RuleEnvironment

    private static let later = ["mode", "on_restart", "limit", "max_outage", "vars"]

    func rule(_ settings: SettingsReader) -> Rule? {
        let report = settings.report
        let before = report.diagnostics.all.count
        refuse(Self.later, in: settings)
        let name = settings.required("name", .nonEmptyString)
        let when = settings.required("when", .oneOrMore(of: SettingType.mapping { self.trigger($0) }))
        let locals = locals(of: when?.compactMap { $0 } ?? [])
        let condition = settings.setting("if").map {
            expression($0, in: environment.expressions(locals: locals), expecting: .boolean)
        }
        let then = settings.required("then", .oneOrMore(of: .item))
        var actions: [Action] = []
        for (index, item) in (then ?? []).enumerated() {
            actions += self.actions(item, step: index + 1, locals: locals)
        }
        let isEmpty = when?.isEmpty ?? false ? "when" : then?.isEmpty ?? false ? "then" : nil
        if let isEmpty { settings.error(at: isEmpty, "'\(isEmpty)' is empty", remedy: "a rule needs at least one") }
        settings.finish()
        guard let name, let when, then != nil, !report.hasErrors(after: before) else { return nil }
        return Rule(
            name: name, position: settings.position, content: settings.node.json, triggers: when,
            condition: condition ?? nil, actions: actions)
    }

    /// Words that are known but do nothing yet are never passed over.
    func refuse(_ words: [String], in settings: SettingsReader) {
        for word in words {
            settings.declare(word)
            if settings.has(word) { settings.error(at: word, "'\(word)' is not supported yet") }
        }
    }

    /// An expression, or nil after a report of everything that is wrong with it.
    func expression(
        _ setting: Setting, in environment: TypeEnvironment, expecting kind: ValueKind? = nil
    ) -> CompiledExpression? {
        guard let text = setting.value(.string) else { return nil }
        do throws(Expression.Faults) {
            return try Expression.parse(text).check(in: environment, expecting: kind)
        } catch {
            setting.report(error)
            return nil
        }
    }

    func template(_ setting: Setting, in environment: TypeEnvironment) -> CompiledTemplate? {
        guard let text = setting.value(.string) else { return nil }
        do throws(Expression.Faults) {
            return try Template.parse(text).check(in: environment)
        } catch {
            setting.report(error)
            return nil
        }
    }
}

extension Setting {
    func report(_ faults: Expression.Faults) {
        for fault in faults.all { error(fault.message, atOffset: fault.offset, remedy: fault.remedy) }
    }
}

extension SettingsReport {
    /// Whether an error was reported since there were so many diagnostics.
    func hasErrors(after count: Int) -> Bool {
        diagnostics.all.dropFirst(count).contains { $0.severity == .error }
    }
}
