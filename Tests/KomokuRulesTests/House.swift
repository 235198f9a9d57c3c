import Komoku
import KomokuExpression
import KomokuYAML

@testable import KomokuRules

/// The keys that the rules of these tests speak of, and a small hub in memory that performs what the reactor decides.
struct House {
    static let types: [String: RuleEnvironment.Declaration] = [
        "hall.motion": .init(.boolean), "hall.light": .init(.boolean), "hall.lux": .init(.number),
        "hall.scene": .init(.text, values: ["bright", "dim"]), "note": .init(.text), "count": .init(.number),
        "button.action": .init(.text), "room1.temperature": .init(.number), "room2.temperature": .init(.number),
        "found": .dynamic, "house.asleep": .init(.boolean),
    ]

    static var environment: RuleEnvironment {
        RuleEnvironment(
            key: { types[$0.text] }, candidates: { types.keys.sorted().compactMap { KeyName($0) } },
            warnsOfUnknown: false)
    }

    /// The rules of a text that holds a section `rules`, and the diagnostics of reading it.
    static func read(_ text: String) -> (rules: [Rule], diagnostics: [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return ([], document.diagnostics.sorted.map(\.description)) }
        let settings = SettingsReader(root, report: report)
        let rules = RuleSet.read(settings, environment: environment).rules
        settings.finish()
        return (rules, report.diagnostics.sorted.map(\.description))
    }
}
