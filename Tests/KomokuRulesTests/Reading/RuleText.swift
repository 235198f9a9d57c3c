import Komoku
import KomokuExpression
import KomokuYAML

@testable import KomokuRules

/// A house's keys, and what became of a text with rules in it.
struct RuleText {
    let set: RuleSet
    /// Without the name of the file.
    let findings: [String]

    var errors: [String] { findings.filter { $0.contains(": error: ") } }

    static let types: [String: TypeEnvironment.Declaration] = [
        "hall.motion": .init(.boolean), "hall.light": .init(.boolean), "hall.lux": .init(.number, unit: "lx"),
        "hall.scene": .init(.text, values: ["bright", "dim"]), "note": .init(.text), "count": .init(.number),
        "button.action": .init(.text), "room1.temperature": .init(.number, unit: "°C"),
        "room2.temperature": .init(.number, unit: "°C"), "stairs.motion": .init(.boolean),
        "stairs.light": .init(.boolean), "found": .dynamic, "house.asleep": .init(.boolean),
    ]

    static var environment: RuleEnvironment {
        RuleEnvironment(
            key: { types[$0.text] }, candidates: { types.keys.sorted().compactMap { KeyName($0) } },
            warnsOfUnknown: false)
    }

    /// - Parameter text: a configuration with the sections `scripts` and `rules`.
    init(
        _ text: String, environment: RuleEnvironment = environment, targets: Set<String> = ["phone"],
        variables: [String: String] = [:]
    ) {
        let source = YAMLSource(environment: variables, files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else {
            (set, findings) = (.empty, document.diagnostics.sorted.map(\.description))
            return
        }
        let settings = SettingsReader(root, report: report)
        set = RuleSet.read(settings, environment: environment, targets: targets)
        settings.finish()
        findings = report.diagnostics.sorted.map { String($0.description.dropFirst("k.yaml:".count)) }
    }
}
