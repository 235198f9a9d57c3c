import Komoku
import KomokuExpression
import KomokuHub
import KomokuRules
import KomokuYAML

/// Reads the sections `hub`, `keys`, `notify`, `scripts` and `rules` as the daemon does.
enum ExampleLoader {
    static let load: RuleTestSubject.Loader = { path, overrides in
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.load(path)
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (nil, report.diagnostics.sorted) }
        let reader = SettingsReader(root, report: report)
        var hub = Hub.Configuration(reading: reader)
        overrides.apply(to: &hub)
        let notes = NotifyConfiguration.read(reader)
        var environment = environment(hub)
        environment.calendars = .read(reader, zoneNamed: hub.timeZone, now: Timestamp(microseconds: 0))
        let rules = RuleSet.read(reader, environment: environment, targets: notes.names)
        reader.finish()
        guard !report.diagnostics.hasErrors else { return (nil, report.diagnostics.sorted) }
        return (RuleTestSubject(hub: hub, rules: rules, notes: notes), report.diagnostics.sorted)
    }

    private static func environment(_ hub: Hub.Configuration) -> RuleEnvironment {
        RuleEnvironment(
            key: { name in
                guard let type = hub.type(of: name) else { return nil }
                let options = try? KeyOptions(hub.options(of: name))
                var declaration = RuleEnvironment.Declaration(ValueKind(type), values: options?.values)
                declaration.isEvent = options?.isEvent
                return declaration
            },
            candidates: { hub.keys.compactMap(\.pattern.name) },
            offers: hub.location == nil ? Offers.all.subtracting(.sun) : .all)
    }
}
