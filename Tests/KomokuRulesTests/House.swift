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
            key: { types[$0.text] }, candidates: { types.keys.sorted().compactMap { KeyName($0) } })
    }

    /// The rules of a text that holds a section `rules`, and the diagnostics of reading it.
    static func read(_ text: String) -> (rules: [Rule], diagnostics: [String]) {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(text, file: "k.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { return ([], document.diagnostics.sorted.map(\.description)) }
        let settings = SettingsReader(root, report: report)
        let rules = Rule.rules(from: settings, environment: environment)
        settings.finish()
        return (rules, report.diagnostics.sorted.map(\.description))
    }

    private(set) var values: [KeyName: Value] = [:]
    private(set) var reactor: Reactor
    /// What was done, a line each.
    private(set) var done: [String] = []
    private var waiting: [Change] = []

    init(_ rules: [Rule], values: [String: Value] = [:]) {
        reactor = Reactor(rules)
        for (key, value) in values { if let key = KeyName(key) { self.values[key] = value } }
        reactor.start { [values = self.values] in values[$0] }
    }

    mutating func reload(_ rules: [Rule]) {
        var fresh = Reactor(rules)
        fresh.start(keeping: reactor) { values[$0] }
        reactor = fresh
    }

    /// Applies a put and everything that follows from it; returns what the rules did.
    mutating func put(_ key: String, _ value: Value, provenance: Provenance = .live) -> [String] {
        done = []
        apply(key, value, provenance, .client("test"))
        while !waiting.isEmpty {
            let change = waiting.removeFirst()
            let decision = reactor.handle(change) { values[$0] }
            done += decision.paused.map { "paused \($0)" }
            for run in decision.runs { perform(run) }
        }
        return done
    }

    private mutating func apply(_ key: String, _ value: Value, _ provenance: Provenance, _ cause: Cause) {
        guard let name = KeyName(key), values[name] != value || key == "button.action" else { return }
        let type: KeyType = value.number != nil ? .numeric : value.boolean != nil ? .boolean : .string
        waiting.append(
            Change(
                key: name, type: type, value: value, time: Timestamp(microseconds: 0), previous: values[name],
                provenance: provenance, cause: cause))
        values[name] = value
    }

    private mutating func perform(_ run: Run) {
        var run = run
        var failed = false
        while let next = run.next({ values[$0] }) {
            switch next {
            case .failure(let reason):
                failed = true
                done.append("failed \(run.step): \(reason)")
            case .effect(.put(let key, let json)):
                done.append("put \(key)=\(json.text)")
                if let (_, value) = try? Value.guess(json) { apply(key.text, value, .derived, run.cause) }
            case .effect(.publish(let topic, let payload, let qos, let retain)):
                let text = String(decoding: payload, as: UTF8.self)
                done.append("publish \(topic) \(text)" + (qos > 0 ? " qos \(qos)" : "") + (retain ? " retained" : ""))
            case .effect(.log(let text)):
                done.append("log \(text)")
            }
        }
        reactor.end(run, failed: failed, at: Timestamp(microseconds: 1))
    }
}
