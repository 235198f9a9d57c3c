import Komoku
import KomokuHub
import KomokuMQTT
import KomokuStore
import KomokuTesting
import KomokuYAML
import Logging
import Testing

/// The options of keys come from the configuration, whether or not a message came since the hub started: a hub that is
/// restarted, killed and reloaded again and again is compared with one that never is, and both with a plain model.
@Suite struct SettingsModelTests {
    @Test(arguments: 0..<30)
    func `a restart, a kill and a reload change nothing that can be seen`(seed: UInt64) async throws {
        var random = SplitMix(seed: seed &* 7919 &+ 1)
        var plan = SettingsPlan(&random)
        let clock = VirtualClock()
        let steady = try SettingsHouse(plan, clock, isOnFile: false)
        let shaken = try SettingsHouse(plan, clock, isOnFile: true)
        defer {
            steady.end()
            shaken.end()
        }
        var model = SettingsModel(plan)
        for step in 0..<40 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                try await shaken.restart(Bool.random(using: &random) ? .clean : .killed)
            case 1:
                await shaken.reload(plan)
            case 2 where Bool.random(using: &random):
                // Another configuration: one hub takes it over, the other one starts with it.
                plan.change(&random)
                model.plan = plan
                await steady.reload(plan)
                shaken.plan = plan
                try await shaken.restart(Bool.random(using: &random) ? .clean : .killed)
            case 2, 3:
                clock.advance(by: .seconds(Int64.random(in: 1...200, using: &random)))
                await steady.hub.tick()
                await shaken.hub.tick()
            default:
                let deed = SettingsDeed(plan, &random)
                let outcomes = (await steady.perform(deed), await shaken.perform(deed))
                #expect(outcomes.0 == outcomes.1, "seed \(seed), step \(step): \(deed)")
                if outcomes.0 == "done" { model.note(deed, steady.observations, after: await steady.names()) }
            }
            let (known, found) = (await steady.shown(), await shaken.shown())
            #expect(known == found, "seed \(seed), step \(step)\n\(plan.yaml)")
            for (name, options) in await steady.mappedOptions() {
                #expect(options == model.options(of: name), "seed \(seed), step \(step), \(name)\n\(plan.yaml)")
            }
            if known != found { return }
        }
    }
}

/// A configuration that is changed by and by.
struct SettingsPlan {
    struct Entry {
        var topic: String
        var key: String
        /// Nil is the whole payload.
        var path: String?
        var type: String?
        var options: [(name: String, yaml: String)]
        var text: String { path.map { "\(topic) \($0) → \(key)" } ?? "\(topic) → \(key)" }
    }

    var entries: [Entry] = []
    var patterns: [(pattern: String, options: [(name: String, yaml: String)])] = []

    init(_ random: inout SplitMix) {
        for _ in 0..<Int.random(in: 2...6, using: &random) { entries.append(Self.entry(&random)) }
        for pattern in ["**", "*.t", "k.one"] where Bool.random(using: &random) {
            patterns.append((pattern, Self.options(nil, &random)))
        }
    }

    mutating func change(_ random: inout SplitMix) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: entries.insert(Self.entry(&random), at: Int.random(in: 0...entries.count, using: &random))
        case 1 where entries.count > 1: entries.remove(at: Int.random(in: 0..<entries.count, using: &random))
        default:
            let index = Int.random(in: 0..<entries.count, using: &random)
            entries[index].options = Self.options(entries[index].type, &random)
        }
    }

    private static func entry(_ random: inout SplitMix) -> Entry {
        let shapes: [(String, String, String?)] = [
            ("a/{x}/{y}", "{x}.{y}", nil), ("a/{x}/+", "{x}.t", nil), ("b/{x}", "{x}.t", nil), ("b/k", "k.one", nil),
            ("c/{x}", "{x}.t", "T"), ("c/{x}", "k.one", "State"), ("c/{x}", "{x}.{path}", "*"), ("d/{x+}", "{x}", nil),
            ("d/#", "k.{1}", nil), ("d/k/one", "k.one", nil), ("a/{x}/{y}", "{y}.{x}_t", nil),
        ]
        let (topic, key, path) = shapes.randomElement(using: &random) ?? shapes[0]
        let types = [nil, nil, "numeric", "uptime", "string"]
        // Entries that name one key have to agree on its type.
        let type = key == "k.one" ? nil : types.randomElement(using: &random) ?? nil
        return Entry(topic: topic, key: key, path: path, type: type, options: options(type, &random))
    }

    private static func options(_ type: String?, _ random: inout SplitMix) -> [(name: String, yaml: String)] {
        var all: [(name: String, yaml: String, types: [String])] = [
            ("unit", ["W", "V", "m"].randomElement(using: &random) ?? "W", []),
            ("precision", "\(Int.random(in: 0...2, using: &random))", ["numeric"]),
            ("max_time", "\(Int.random(in: 5...90, using: &random))s", ["uptime"]),
            ("expect_every", "\(Int.random(in: 20...300, using: &random))s", []),
            ("min_resolution", "\(Int.random(in: 0...9, using: &random))s", []),
            ("values", "[on, off, x]", ["string"]), ("event", "true", ["string"]),
        ]
        all.removeAll { !$0.types.isEmpty && !(type.map($0.types.contains) ?? true) }
        return all.filter { _ in Int.random(in: 0..<3, using: &random) == 0 }.map { ($0.name, $0.yaml) }
    }

    var yaml: String {
        var text = "mqtt: {}\nmap:\n"
        for entry in entries {
            let words = entry.type.map { ["type: \($0)"] } ?? []
            let rest = (words + entry.options.map { "\($0.name): \($0.yaml)" }).map { ", \($0)" }.joined()
            text += "  - {topic: \"\(entry.topic)\", "
            if let path = entry.path {
                text += "json: {\"\(path)\": {key: \"\(entry.key)\"\(rest)}}}\n"
            } else {
                text += "key: \"\(entry.key)\"\(rest)}\n"
            }
        }
        guard !patterns.isEmpty else { return text }
        text += "keys:\n"
        for (pattern, options) in patterns {
            text += "  \"\(pattern)\": {\(options.map { "\($0.name): \($0.yaml)" }.joined(separator: ", "))}\n"
        }
        return text
    }

    var settings: (hub: Hub.Configuration, mqtt: MQTTConfiguration) {
        let (mqtt, problems) = read(yaml)
        // Two entries may put one message twice into a key.
        #expect(problems.filter { $0.contains("error") && !$0.contains("has no setting 'keys'") } == [], "\(yaml)")
        var hub = hubConfiguration(yaml)
        hub.sources = mqtt.sources
        return (hub, mqtt)
    }

    private func hubConfiguration(_ yaml: String) -> Hub.Configuration {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(yaml, file: "komoku.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return Hub.Configuration() }
        return Hub.Configuration(reading: SettingsReader(root, report: report))
    }
}
