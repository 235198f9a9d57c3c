import Komoku
import KomokuExpression
import KomokuHub
import KomokuMQTT
import KomokuRules
import KomokuYAML

/// The configuration of the simulation. Each rule leaves a trace that can be worked out from what is stored.
enum SimulatedHouse {
    private static let keys = """
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        map:
          - {topic: "dev/a", key: in.a, type: numeric}
          - {topic: "dev/b", key: in.b, type: boolean}
          - {topic: "dev/c", key: in.c, type: numeric}
          - {topic: "dev/button", key: in.button, type: string}
        keys:
          "**": {same_value_resolution: 0s}
          in.a: {type: numeric}
          in.b: {type: boolean}
          in.c: {type: numeric}
          in.button: {type: string, event: true}
          out.a: {type: numeric}
          out.presses: {type: numeric}
          out.done: {type: numeric}
          out.held: {type: numeric}
          out.ticks: {type: numeric}
          out.raw: {type: numeric}
          out.said: {type: numeric}
          out.order: {type: numeric}
          out.until: {type: numeric}
          out.steps: {type: numeric}
          out.calls: {type: numeric}

        """

    /// - Parameter version: of the rule that changes; each other one stands before the rest, so that these have other places.
    private static func rules(_ version: Int) -> String {
        let other = "  - {name: other, when: {emit: nobody}, then: [{log: \"version \(version)\"}]}\n"
        return "rules:\n" + (version.isMultiple(of: 2) ? other + rest : rest + other) + scripts
    }

    private static let scripts = """
        scripts:
          - {name: slow, then: [{wait: 10s}, {wait: 30d}]}

        """

    private static let rest = """
          - {name: copy, when: {change: in.a}, mode: {parallel: 1000}, then: [{put: {out.a: value}}]}
          - {name: count, when: {event: in.button, is: press}, mode: {parallel: 1000}, then: [{increment: out.presses}]}
          - name: later
            when: {change: in.b, to: true}
            mode: {parallel: 1000}
            then: [{wait: 5m}, {increment: out.done}]
          - name: hold
            when: {becomes: "(in.c ?? 0) > 10", for: 1m}
            mode: {parallel: 1000}
            then: [{increment: out.held}]
          - name: say
            when: {change: out.a}
            mode: {queued: 1000}
            then:
              - {publish: {topic: said, payload: "{value}", qos: 1}, retry: {times: 100, delay: 5s, factor: 1}}
              - increment: out.said
          - name: tick
            when: {every: 10m}
            max_outage: 1h
            then: [{increment: out.ticks}]
          - {name: raw, when: {mqtt: "dev/raw"}, mode: {parallel: 1000}, then: [{increment: out.raw}]}
          - {name: order, when: {change: in.a}, mode: {queued: 1000}, then: [{wait: 1s}, {put: {out.order: value}}]}
          - name: until
            when: {change: in.b, to: true}
            mode: {parallel: 1000}
            then: [{wait_until: {is: "(in.a ?? 0) >= 2", timeout: 3m}}, {increment: out.until}]
          - {name: steps, when: {change: in.c, by: 8}, mode: {parallel: 1000}, then: [{increment: out.steps}]}
          - name: calls
            when: {change: in.b, to: false}
            mode: {parallel: 1000}
            then: [{call: slow, timeout: 2m, on_error: continue}, {increment: out.calls}]

        """

    struct Broken: Error, CustomStringConvertible {
        let description: String
    }

    static func subject(version: Int = 1) throws -> RuleTestSubject {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(keys + rules(version), file: "simulation.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        guard let root = document.root else { throw Broken(description: "\(report.diagnostics.sorted)") }
        let reader = SettingsReader(root, report: report)
        var hub = Hub.Configuration(reading: reader)
        RuleTestSubject.Overrides().apply(to: &hub)
        let mqtt = MQTTConfiguration.read(reader, hubName: hub.name)
        let names = hub.keys.compactMap(\.pattern.name)
        let types = hub
        let rules = RuleSet.read(
            reader,
            environment: RuleEnvironment(
                key: { name in types.type(of: name).map { RuleEnvironment.Declaration(.init($0)) } },
                candidates: { names }))
        guard !report.diagnostics.hasErrors else {
            throw Broken(description: report.diagnostics.sorted.map(\.description).joined(separator: "\n"))
        }
        return RuleTestSubject(
            hub: hub, rules: rules, notes: NotifyConfiguration(),
            makeDecoder: { Decoder(messages: MappedMessages(mqtt)) })
    }

    private final class Decoder: MessageDecoder {
        let messages: MappedMessages

        init(messages: MappedMessages) {
            self.messages = messages
        }

        func observations(
            of topic: String, _ payload: [UInt8], isRetained: Bool, at time: Timestamp
        ) -> [Observation] {
            messages.observations(of: topic, payload, isRetained: isRetained, at: time)
        }
    }
}
