import Komoku
import KomokuHub
import KomokuMQTT
import KomokuStore
import KomokuTesting
import Logging
import Testing

/// What happens to both hubs.
enum SettingsDeed {
    case message(topic: String, payload: String, isRetained: Bool)
    case put(String, JSON)
    case define(String, String, [JSON.Member])
    case device(DeviceDescription)
    case report(PropertyID, String)
    case delete(String)
    case rename(String, String)

    init(_ plan: SettingsPlan, _ random: inout SplitMix) {
        let names = ["k.one", "k.t", "r.t", "r.s", "k", "k.r_t", "lamp.power", "r.v"]
        let name = names.randomElement(using: &random) ?? "k.t"
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<12:
            let topics = ["a/k/one", "a/r/t", "a/k/t", "b/k", "b/r", "c/k", "c/r", "d/k/one", "d/r", "d/r/s"]
            let payloads = ["1.2345", "0", "on", "x", "{\"T\": 2.25, \"State\": \"on\", \"v\": 7}", "online"]
            self = .message(
                topic: topics.randomElement(using: &random) ?? "b/k",
                payload: payloads.randomElement(using: &random) ?? "1",
                isRetained: Int.random(in: 0..<4, using: &random) == 0)
        case 12, 13: self = .put(name, [3.14159, true, "on"].randomElement(using: &random) ?? 1)
        case 14:
            let options = [
                JSON.Member("unit", "def"), JSON.Member("expect_every", 77), JSON.Member("min_resolution", 3),
            ]
            let type = KeyType.allCases.randomElement(using: &random)?.rawValue ?? "numeric"
            self = .define(name, type, [options.randomElement(using: &random) ?? options[0]])
        case 15, 16: self = .device(Self.lamp(&random))
        case 17:
            self = .report(
                PropertyID(DeviceID("lamp"), "power"), ["1.25", "true", "on"].randomElement(using: &random) ?? "1")
        case 18: self = .rename(name, names.randomElement(using: &random) ?? "k.t")
        default: self = .delete(name)
        }
    }

    private static func lamp(_ random: inout SplitMix) -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID("lamp"), source: "zigbee2mqtt", name: "lamp")
        var power = PropertyDescription("power", .numeric, unit: ["W", "kW"].randomElement(using: &random))
        if Bool.random(using: &random) { power.expectEvery = .seconds(Int64.random(in: 30...90, using: &random)) }
        var online = PropertyDescription.online
        if Bool.random(using: &random) { online.maxTime = .seconds(40) }
        var mode = PropertyDescription("mode", .string)
        mode.values = ["on", "off"]
        mode.isWritable = Bool.random(using: &random)
        lamp.properties = [power, online, mode].filter { _ in Int.random(in: 0..<4, using: &random) > 0 }
        return lamp
    }
}

/// A hub that takes a plan's messages.
final class SettingsHouse {
    enum End { case clean, killed }

    private(set) var hub: Hub
    var plan: SettingsPlan
    private let clock: VirtualClock
    private var store: Store
    private var folders: [TemporaryFolder] = []
    private let isOnFile: Bool
    private var messages: MappedMessages
    /// What the last message said.
    private(set) var observations: [Observation] = []

    init(_ plan: SettingsPlan, _ clock: VirtualClock, isOnFile: Bool) throws {
        self.plan = plan
        self.clock = clock
        self.isOnFile = isOnFile
        let settings = plan.settings
        messages = MappedMessages(settings.mqtt)
        if isOnFile { folders.append(try TemporaryFolder()) }
        store = try Self.store(folders.last)
        hub = Hub(store: store, configuration: settings.hub, clock: clock, logger: Self.logger)
        hub.start()
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func store(_ folder: TemporaryFolder?) throws -> Store {
        let location = folder.map { Store.Location.file($0.path("hub.db")) } ?? .memory
        return try Store(Store.Configuration(location: location), logger: logger)
    }

    /// Ends the hub and starts another one on what it left; what was killed leaves what was committed.
    func restart(_ end: End) async throws {
        if end == .killed {
            await commit()
            let copy = try TemporaryFolder()
            for name in ["hub.db", "hub.db-wal"] {
                let (from, to) = (folders[folders.count - 1].path(name), copy.path(name))
                try ChildProcess.run("cp", from, to)
            }
            hub.stop()
            store.close()
            folders.append(copy)
        } else {
            hub.stop()
            store.close()
        }
        store = try Self.store(folders.last)
        let settings = plan.settings
        messages = MappedMessages(settings.mqtt)
        hub = Hub(store: store, configuration: settings.hub, clock: clock, logger: Self.logger)
        hub.start()
    }

    private func commit() async {
        let hub = hub
        await withCheckedContinuation { done in hub.enqueue { $0.whenDurable { _ in done.resume() } } }
    }

    func reload(_ plan: SettingsPlan) async {
        self.plan = plan
        let settings = plan.settings
        messages = MappedMessages(settings.mqtt)
        await hub.reload(settings.hub)
    }

    func end() {
        hub.stop()
        store.close()
        for folder in folders { folder.remove() }
    }

    // MARK: Deeds

    /// - Returns: what became of it.
    func perform(_ deed: SettingsDeed) async -> String {
        observations = []
        do {
            switch deed {
            case .message(let topic, let payload, let isRetained):
                observations = messages.observations(
                    of: topic, Array(payload.utf8), isRetained: isRetained, at: clock.now)
                await hub.apply(observations)
            case .put(let name, let value):
                guard let key = KeyName(name) else { return "no key" }
                try await hub.put(key, value, cause: .client("test"))
            case .define(let name, let type, let options):
                try await hub.define([Definition(name: name, type: .string(type), options: options)])
            case .device(let device): await hub.apply([.described(device)])
            case .report(let property, let text):
                let feed = Feed(property, topic: "lamp")
                await hub.apply([Observation(feed: feed, content: .text(text))])
            case .delete(let name): if let key = KeyName(name) { try await hub.delete(key) }
            case .rename(let old, let new):
                if let old = KeyName(old), let new = KeyName(new) { try await hub.rename(old, to: new) }
            }
            return "done"
        } catch {
            return "\(error)"
        }
    }

    func names() async -> Set<String> { Set(await hub.keys(matching: .all).map(\.name.text)) }

    /// What a client sees of the keys.
    func shown() async -> [String] {
        await hub.keys(matching: .all).map { key in
            let options = JSON.object(key.options.filledIn(for: key.type)).text
            let last = key.last.map { "\($0.time.microseconds) \($0.value?.description ?? "gap")" } ?? "nothing"
            return "\(key.name) \(key.type) \(options) \(last) stale=\(key.isStale) \(key.isWritable)"
        }
    }

    /// The options of keys that no device has and nobody defined anything of.
    func mappedOptions() async -> [(String, String)] {
        await hub.keys(matching: .all).filter { $0.property == nil && $0.defined.defined.isEmpty }
            .filter { !$0.name.text.hasPrefix("lamp") }
            .map { ($0.name.text, JSON.object($0.options.defined).text) }
    }
}

/// Which options a key has, worked out from the whole history in the plainest way.
struct SettingsModel {
    var plan: SettingsPlan
    /// By key, the entry that is remembered of those through which messages came.
    private var fed: [String: String] = [:]

    init(_ plan: SettingsPlan) { self.plan = plan }

    mutating func note(_ deed: SettingsDeed, _ observations: [Observation], after names: Set<String>) {
        for observation in observations {
            guard case .key(let key) = observation.feed.target, names.contains(key.text),
                let entry = distinct.first(where: { $0.text == observation.feed.source?.text })
            else { continue }
            feed(key.text, entry)
        }
        if case .rename(let old, let new) = deed, old != new { fed[new] = nil }
        for name in fed.keys where !names.contains(name) { fed[name] = nil }
    }

    /// One with captures and options counts before others, then the earlier one.
    private mutating func feed(_ key: String, _ entry: SettingsPlan.Entry) {
        guard let now = rank(entry.text) else { return }
        if let before = fed[key].flatMap(rank), before <= now { return }
        fed[key] = entry.text
    }

    private func rank(_ text: String) -> Int? {
        let entries = distinct
        guard let place = entries.firstIndex(where: { $0.text == text }) else { return nil }
        return entries[place].key.contains("{") && !entries[place].options.isEmpty ? place : place + entries.count
    }

    func options(of name: String) -> String {
        var options: [String: String] = [:]
        func lay(_ more: [(name: String, yaml: String)]) { for option in more { options[option.name] = option.yaml } }
        for pattern in plan.patterns where pattern.pattern == "**" { lay(pattern.options) }
        for pattern in plan.patterns where pattern.pattern == "*.t" && Self.isNamed(name, "*.t") {
            lay(pattern.options)
        }
        lay(feeding(name))
        for entry in distinct.reversed() where entry.key == name { lay(entry.options) }
        for pattern in plan.patterns where pattern.pattern == name { lay(pattern.options) }
        let members = options.sorted { $0.key < $1.key }.map { JSON.Member($0.key, Self.json($0.key, $0.value)) }
        return JSON.object(members).text
    }

    /// Of entries that are written the same the first counts.
    private var distinct: [SettingsPlan.Entry] {
        var seen: Set<String> = []
        return plan.entries.filter { seen.insert($0.text).inserted }
    }

    private func feeding(_ name: String) -> [(name: String, yaml: String)] {
        guard let text = fed[name] else { return [] }
        if let entry = distinct.first(where: { $0.text == text }) {
            return entry.key.contains("{") ? entry.options : []
        }
        return distinct.first { $0.key.contains("{") && Self.isNamed(name, $0) }?.options ?? []
    }

    private static func json(_ name: String, _ yaml: String) -> JSON {
        if name == "unit" { return .string(yaml) }
        if name == "values" { return ["on", "off", "x"] }
        if yaml == "true" { return true }
        return .number(Double(yaml.filter { $0.isNumber }) ?? 0)
    }

    private static func isNamed(_ name: String, _ entry: SettingsPlan.Entry) -> Bool {
        let dots = name.filter { $0 == "." }.count
        switch entry.key {
        case "{x}.{y}": return dots == 1
        case "{x}.{path}": return dots >= 1
        case "{x}": return true
        case "k.{1}": return name.hasPrefix("k.")
        default: return isNamed(name, entry.key == "{x}.t" ? "*.t" : "*.*_t")
        }
    }

    private static func isNamed(_ name: String, _ pattern: String) -> Bool {
        let dots = name.filter { $0 == "." }.count
        return dots == 1 && name.hasSuffix(pattern == "*.t" ? ".t" : "_t")
    }
}
