import Komoku
import KomokuExpression
import KomokuDesk
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuServer
import KomokuSources
import KomokuStore
import KomokuSystem
import KomokuYAML

/// Everything that the configuration says, read by the parts that it is for.
struct Settings {
    var hub: Hub.Configuration
    var store: Store.Configuration
    var mqtt: MQTTConfiguration
    var server: Server.Configuration
    var notes: NotifyConfiguration
    var rules: RuleSet
    var rooms: [ConfiguredRoom]
    var energy: EnergySettings
    var agents: AgentsConfiguration
    var people: PeopleSettings
    var polls: PollSettings

    /// What a reading has of its own.
    struct Options {
        var environment: [String: String] = [:]
        /// Of tests; they speak of keys of devices that nobody has seen, too.
        var overrides: RuleTestSubject.Overrides?
        /// A file whose rules, scripts and notes are read instead of those of the configuration.
        var rules: String?
        /// All keys of the house; nil where they are not known.
        var catalogue: KeyCatalogue?
        /// Not nil where the rules, or where there are none of their own the whole, are of somebody who may neither know the
        /// hub's environment nor read other files than these.
        var foreignFiles: FolderFiles?
        /// Where files are read; nil is the disk.
        var files: OverlayFiles?
        /// Who wants to know where a key is named.
        var mentions: KeyMentions?
    }

    /// Reads a file and what it includes.
    ///
    /// - Returns: nil settings where the findings hold an error.
    static func load(_ path: String, _ options: Options) -> (settings: Settings?, findings: [Diagnostic]) {
        let foreignSource = options.foreignFiles.map { YAMLSource(environment: [:], files: $0) }
        let files: any SettingsFiles = options.files ?? DiskFiles() as any SettingsFiles
        var source = YAMLSource(environment: options.environment, files: files)
        if options.rules ?? path == path, let foreignSource { source = foreignSource }
        source.mentions = options.mentions
        let document = source.load(path)
        options.mentions?.root = document.root
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return (nil, report.diagnostics.sorted) }
        let reader = SettingsReader(root, report: report)
        // The loader has followed it.
        reader.declare("include")
        var rules = reader
        var rulesReport = report
        if let file = options.rules, file != path {
            let document = (foreignSource ?? source).load(file)
            if let foreignSource {
                rulesReport = SettingsReport(source: foreignSource, diagnostics: document.diagnostics)
            } else {
                report.append(contentsOf: document.diagnostics.all)
            }
            guard let root = document.root else { return (nil, findings(report, rulesReport)) }
            // Another configuration as a rule, of which only a part counts: what else it has is no fault.
            rules = SettingsReader(root, report: rulesReport)
            for section in ["notify", "scripts", "rules"] { reader.declare(section) }
        }
        let settings = Settings(reader, rules: rules, path: path, options)
        reader.finish()
        let hasErrors = report.diagnostics.hasErrors || rulesReport.diagnostics.hasErrors
        return (hasErrors ? nil : settings, findings(report, rulesReport))
    }

    /// Of both, where they are two.
    private static func findings(_ report: SettingsReport, _ other: SettingsReport) -> [Diagnostic] {
        report === other ? report.diagnostics.sorted : report.diagnostics.sorted + other.diagnostics.sorted
    }

    private init(_ reader: SettingsReader, rules: SettingsReader, path: String, _ options: Options) {
        hub = Hub.Configuration(reading: reader)
        options.overrides?.apply(to: &hub)
        people = .read(reader, hub: hub)
        // What 'keys' says of them counts more.
        polls = .read(reader, hub: hub)
        var entries = Hub.Configuration.KeyEntries()
        for entry in people.keys + polls.keys + hub.keys { entries.append(entry) }
        hub.keys = entries
        let folder =
            options.environment["STATE_DIRECTORY"]
            ?? path.split(separator: "/", omittingEmptySubsequences: false)
            .dropLast().joined(separator: "/")
        store = Store.Configuration(reading: reader, folder: folder)
        // What is wrong with the section is told once, however many parts read it.
        hub.deviceNames = .read(reader.section("devices"))
        mqtt = .read(reader, hubName: hub.name, declaredKeys: hub.keys.compactMap(\.pattern.name), zone: hub.timeZone)
        // Who is tracked by the app wants it to be heard.
        if people.hasOwnTracks, mqtt.devices.ownTracks.isEmpty {
            mqtt.devices.ownTracks = [DevicesConfiguration.ownTracksBase]
        }
        people.ownTracksBase = mqtt.devices.ownTracks.first ?? DevicesConfiguration.ownTracksBase
        hub.sources = mqtt.sources
        hub.deviceSources = Set(mqtt.devices.makeSources().map(\.name))
        server = .read(reader)
        rooms = ConfiguredRoom.read(reader)
        agents = AgentsConfiguration.read(reader)
        // Rules that are only tried may send to whom the configuration names.
        notes = .read(rules.has("notify") ? rules : reader)
        let brought = KeyDirectory.Brought(
            names: mqtt.namedKeys, commanded: Set(mqtt.commands.flatMap(\.keys).compactMap(\.name)),
            mayDiscover: !mqtt.devices.isEmpty)
        let keys = KeyDirectory(hub: hub, brought: brought, catalogue: options.catalogue)
        energy = .read(reader, keys: keys)
        var environment = keys.environment
        environment.calendars = .read(reader, zoneNamed: hub.timeZone, now: SystemClock().now)
        self.rules = .read(rules, environment: environment, targets: notes.names)
        mqtt.rawFilters = self.rules.topicFilters
    }
}
