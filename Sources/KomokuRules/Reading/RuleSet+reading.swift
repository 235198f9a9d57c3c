import Komoku
import KomokuExpression
package import KomokuYAML

extension RuleSet {
    /// The most rules of one configuration, those made by `each` counted one by one.
    static let maximumRules = 100_000

    /// Reads the sections `scripts` and `rules`, and checks every expression against the keys that exist. Problems go to the
    /// reader's report; a rule that has one is left out, and with an error in the report nothing of it is to be run.
    ///
    /// - Parameter targets: the names that `notify` can use.
    package static func read(
        _ settings: SettingsReader, environment: RuleEnvironment, targets: Set<String> = ["log"]
    ) -> RuleSet {
        let section = RulesSection(settings)
        let (scripts, rules) = (section.scripts, section.rules)
        if scripts.isEmpty, rules.isEmpty {
            var set = RuleSet.empty
            (set.calendars, set.editable) = (environment.calendars, section.editable)
            return set
        }
        let reading = RuleReading(
            scripts: scripts, rules: rules, environment: environment, targets: targets.union(["log"]),
            report: settings.report)
        reading.confinement = section.editable.map { RuleConfinement(editable: $0, files: section.files) }
        for script in scripts { reading.read(script, isScript: true) }
        for rule in rules { reading.read(rule, isScript: false) }
        RuleChecks(set: reading.set, keys: reading.keys, report: settings.report).run()
        var set = reading.set
        set.hidden = HiddenTexts(reading.hidden.values)
        (set.calendars, set.editable) = (environment.calendars, section.editable)
        set.written = (scripts + rules).map { RuleHash.text(of: $0.node, item: nil) }
        return set
    }
}

/// What the rules of one reading share.
final class RuleReading {
    let keys: KnownKeys
    let targets: Set<String>
    /// What can be called.
    let callees: [String: Callee]
    /// The names of snapshots that are taken.
    let snapshots: Set<String>
    /// What came from the environment.
    let hidden: HiddenValues
    private(set) var set = RuleSet()
    /// What rules of the folder that clients write may reach.
    var confinement: RuleConfinement?
    /// The keys that exist without the rules.
    let known: KnownKeys
    private let report: SettingsReport
    private var places: [String: SourcePosition] = [:]
    private var isFull = false

    init(
        scripts: [Setting], rules: [Setting], environment: RuleEnvironment, targets: Set<String>, report: SettingsReport
    ) {
        known = KnownKeys(environment)
        hidden = HiddenValues(of: scripts.map(\.node) + rules.map(\.node))
        let scan = RuleScan(scripts: scripts.map(\.node), rules: rules.map(\.node), known)
        keys = KnownKeys(environment, produced: scan.produced)
        (callees, snapshots) = (scan.callees, scan.snapshots)
        self.targets = targets
        self.report = report
    }

    private lazy var calleeNames = callees.keys.sorted()
    /// Looking for what a misspelt name may mean takes time for each that there is.
    private var questions = 20

    func questionForCallee(_ name: String) -> String? {
        questions -= 1
        return questions >= 0 ? Suggestion.question(for: name, in: calleeNames) : nil
    }

    /// Reads a rule, once for each item that it is made for.
    func read(_ setting: Setting, isScript: Bool) {
        guard !isScript, let each = setting.node["each"] else {
            return read(setting, item: nil, isScript)
        }
        let list = Setting(subject: "'each'", node: each, report: report)
        noteItems(of: list, in: setting.node)
        guard let items = items(list) else { return }
        var told: Set<Diagnostic> = []
        for item in items {
            // What is wrong with all of them is told once.
            let own = SettingsReport(source: report.source)
            read(Setting(subject: setting.subject, node: setting.node, report: own), item: item, isScript)
            report.append(contentsOf: own.diagnostics.all.filter { told.insert($0).inserted })
        }
    }

    private func items(_ each: Setting) -> [String]? {
        if each.node.sequence == nil {
            guard let pattern = each.value(.keyPattern) else { return nil }
            let found = known.matching(pattern).map(\.text)
            if found.isEmpty {
                each.warning(
                    "no known key matches '\(pattern)', so there is no such rule",
                    remedy: pattern.isLiteral ? "write each: [\(pattern)], or a pattern such as '*.motion'" : nil)
            }
            return found
        }
        guard let items = each.value(.list(of: .nonEmptyString)) else { return nil }
        if items.isEmpty { each.warning("'each' is an empty list, so there is no such rule") }
        var seen: Set<Value> = []
        for item in items where !seen.insert(.string(item)).inserted { each.error("'each' names '\(item)' twice") }
        return items
    }

    private func read(_ setting: Setting, item: String?, _ isScript: Bool) {
        guard set.rules.count + set.disabled.count < RuleSet.maximumRules else {
            if !isFull { setting.error("there are more than \(RuleSet.maximumRules) rules") }
            isFull = true
            return
        }
        if setting.node.isNull {
            setting.error(
                "\(setting.subject) is empty",
                remedy: isScript ? "write {name: …, then: …}" : "write {name: …, when: …, then: …}")
            return
        }
        let reader = RuleReader(self, report: setting.report, item: item, isScript: isScript)
        guard let (rule, isEnabled) = setting.value(SettingType.mapping { reader.rule($0) }) else { return }
        if let first = places[rule.name] {
            let kind = isScript ? "scripts" : "rules"
            setting.report.error(
                at: rule.position, "there are two \(kind) '\(rule.name)', the first at \(first)",
                remedy: "give each a name of its own")
            return
        }
        places[rule.name] = rule.position
        if isEnabled { set.rules.append(rule) } else { set.disabled.append(rule) }
    }
}
