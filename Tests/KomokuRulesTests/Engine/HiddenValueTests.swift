import Komoku
import KomokuExpression
import KomokuStore
import KomokuSystem
import KomokuTesting
import Testing

@testable import KomokuRules

/// Values of the environment are in no text that rules make for people, whichever way they came into it.
struct HiddenValueTests {
    private static let steps = [
        "{log: \"{'${PIN}'}\"}", "{stop: \"pin ${PIN}\"}", "{stop: {fail: \"pin ${PIN}\"}}",
        "{run: [\"/no/such/${PIN}\", x]}",
        "{http: \"http://${PIN}.invalid/\"}", "{put: {note: \"pin ${PIN}\"}}",
        "{put: {hall.lux: \"number('x${PIN}')\"}}",
        "{put: {note: {text: \"{secret}\"}}}", "{set: {mine: \"'${PIN}'\"}}",
        "{increment: {count: \"number('${PIN}')\"}}",
        "{wait_until: \"note = '${PIN}'\", timeout: 1s}", "{wait_until: \"note = secret\", timeout: 1h}",
        "{publish: {topic: \"a/${PIN}\", payload: x}}", "{publish: {topic: a, payload: \"${PIN}\", qos: 1}}",
        "{if: \"note = '${PIN}'\", then: [{log: yes}], else: [{stop: \"not {secret}\"}]}",
        "{repeat: {each: [\"${PIN}\"], do: [{log: \"{item}\"}, {stop: \"{item}\"}]}}",
        "{repeat: {while: \"note = '${PIN}'\", do: [{log: x}]}}",
        "{call: {name: tell, with: {what: \"'${PIN}'\"}}}", "{call: {name: tell, with: {what: secret}}}",
        "{call: {name: tell, with: {what: {text: \"{upper(secret)}x\"}}}}",
    ]

    private static let heads = [
        "when: {change: hall.motion}",
        "when: {change: hall.motion}, if: \"note != '${PIN}' and hall.motion\"",
        "when: {change: hall.motion}, if: \"note = '${PIN}'\"",
        "when: {change: hall.motion}, if: \"note = secret\"",
        "when: {change: hall.motion}, if: \"note = upper(secret)\"",
        "when: [{change: hall.motion}, {change: note, to: \"${PIN}\"}]",
        "when: [{change: hall.motion}, {becomes: \"note = '${PIN}'\"}]",
        "when: [{change: hall.motion}, {mqtt: a, payload: \"${PIN}\"}]",
    ]

    private static func rules(_ head: String, _ step: String) -> String {
        """
        scripts:
          - {name: tell, parameters: [what], then: [{log: "told {what}"}, {stop: {fail: "no {what}"}}]}
        rules:
          - {name: r, \(head), vars: {secret: "'${PIN}'"}, then: [\(step)]}
        """
    }

    /// All that people can see of a house's rules.
    private func seen(_ house: EngineHouse, _ set: RuleSet) async -> String {
        let (records, standing) = await house.on { hub, engine in
            (
                engine.recentRecords(in: hub), engine.standingRuns(in: hub).map(\.record)
            )
        }
        // What it publishes and asks is for others; what it logs is not.
        let said = house.done.filter { $0.hasPrefix("r: ") || $0.hasPrefix("tell: ") }
        let texts = (records + standing).flatMap { record in
            [record.reason ?? "", "\(record.occasion)"] + record.effects.map(\.description) + [record.row().data.text]
        }
        let listings = set.rules.flatMap { rule in
            rule.procedure.listing + rule.triggers.map(\.description) + [rule.condition?.shown ?? ""]
        }
        return (texts + listings + house.lines.all + said).joined(separator: "\n")
    }

    @Test(arguments: ["4711", "0042.50", "hunter2 & more", "hunter2's"]) func `none is seen`(pin: String) async throws {
        let quoted = pin.contains("'") ? Self.steps.filter { !$0.contains("${PIN}'") } : Self.steps
        let heads = pin.contains("'") ? [Self.heads[0]] : Self.heads
        for head in heads {
            for step in quoted where !pin.contains("'") || !head.contains("'${PIN}'") {
                let text = Self.rules(head, step).replacing("secret: \"'${PIN}'\"", with: "secret: {text: \"${PIN}\"}")
                let wanted = head.contains("if:") ? Self.rules(head, step) : text
                let set = try EngineHouse.read(wanted, variables: ["PIN": pin])
                try await EngineHouse.run(set) { house in
                    try await house.put("hall.motion", true)
                    house.outputs.answer(.failure(OutputFailure("cannot reach \(pin)")))
                    try await house.put("note", .string(pin))
                    let text = await seen(house, set)
                    #expect(!text.isEmpty)
                    #expect(!text.uppercased().contains(pin.uppercased()), "\(step) \(head): \(text)")
                    if pin == "0042.50" { #expect(!text.contains("42.5"), "\(step) \(head)") }
                }
            }
        }
    }

    @Test func `what hides nothing is told as it is`() throws {
        let set = try EngineHouse.read(
            "rules: [{name: r, when: {change: hall.motion}, if: hall.motion, then: [{log: x}, {put: {note: \"${PIN}\"}}]}]",
            variables: ["PIN": "4711"])
        let rule = try #require(set.rules.first)
        #expect(rule.condition?.shown == "hall.motion")
        #expect(rule.procedure.listing[0] == "0 [1] log info 'x'")
        #expect(rule.procedure.listing[1] == "1 [2] put (not shown: it holds a value of the environment)")
    }

    @Test(arguments: [
        ("a 4711 b", "a *** b"), ("47114711", "******"), ("471", "471"), ("", ""), ("päö4711", "päö***"),
        ("long secret", "***"), ("secret", "***"),
    ])
    func `texts are masked wherever they stand`(text: String, masked: String) {
        #expect(HiddenTexts(["4711", "secret", "long secret", "on", ""]).masked(text) == masked)
    }
}
