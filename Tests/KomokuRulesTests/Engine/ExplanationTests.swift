import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuRules

/// What people are told of rules: which keys a run has to do with, what a reload ended, why a rule does nothing.
@Suite struct ExplanationTests {
    @Test func `a run belongs to each key that it changed, also in scripts and however many`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: note}, then: [{call: all}, {put: {count: 1}}]}
            scripts:
              - name: all
                then:
                  - repeat: {count: 40, do: {increment: hall.power}}
                  - {put: {hall.light: true}}
                  - {put: {hall.lux: 5}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            let record = try #require(house.log.all.last)
            #expect(record.outcome == .done)
            #expect(record.effects.count == RunRecord.maximumEffects)
            let keys = record.row().keys.map(\.text)
            #expect(keys == ["note", "hall.power", "hall.light", "hall.lux", "count"])
        }
    }

    @Test func `they are known after a restart in between`() async throws {
        let rules = """
            rules: [{name: a, when: {change: note}, then: [{call: all}, {put: {count: 1}}]}]
            scripts: [{name: all, then: [{put: {hall.light: true}}, {wait: 1m}]}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            try await house.restart(rules, after: .seconds(10))
            await house.advance(.seconds(60))
            let record = try #require(house.log.all.last { $0.outcome == .done })
            #expect(record.row().keys.map(\.text) == ["note", "hall.light", "count"])
        }
    }

    private static let before = """
        rules:
          - {name: waits, when: {change: note}, then: [{wait: 1h}, {log: a}]}
          - {name: queues, mode: {queued: 5}, when: {change: note}, then: [{wait: 1h}]}
          - {name: holds, when: {change: hall.motion, to: true, for: 10m}, then: {log: b}}
          - {name: calls, when: {change: note}, then: {call: slow}}
          - {name: same, when: {change: note}, then: [{wait: 1h}]}
          - {name: gone, when: {change: note}, then: [{wait: 1h}]}
        scripts: [{name: slow, then: [{wait: 1h}]}]
        """

    @Test func `a reload says what it ended`() async throws {
        try await EngineHouse.run(Self.before) { house in
            try await house.put("note", "1")
            try await house.put("note", "2")
            try await house.put("hall.motion", true)
            let after = Self.before.replacing("{log: a}", with: "{log: x}").replacing("for: 10m", with: "for: 11m")
                .replacing("queued: 5", with: "queued: 6")
                .replacing("slow, then: [{wait: 1h}]", with: "slow, then: [{wait: 2h}]")
                .replacing("name: gone", with: "name: new")
            let set = try EngineHouse.read(after)
            let endings = await house.on { hub, engine in engine.replace(set, in: hub) }
            let told = endings.map { "\($0.rule) \($0.runs.count) \($0.queued) \($0.holds) \($0.reason)" }
            #expect(
                told == [
                    "waits 1 0 0 the rule was changed", "queues 1 1 0 the rule was changed",
                    "holds 0 0 1 the rule was changed", "gone 1 0 0 the rule is gone",
                    "calls 1 0 0 the script 'slow' was changed",
                ])
            let again = await house.on { hub, engine in engine.replace(set, in: hub) }
            #expect(again.isEmpty)
        }
    }

    @Test func `start that was held back fires once, with the rules of then`() async throws {
        let set = try EngineHouse.read("rules: [{name: a, when: {start: true}, then: {log: begun}}]")
        try await EngineHouse.run("rules: []") { house in
            await house.on { hub, engine in
                engine.prepare(set, holdsStart: true, in: hub)
                engine.begin(in: hub)
            }
            await house.settle()
            #expect(house.done.isEmpty)
            await house.on { hub, engine in engine.refine(set, in: hub) }
            for _ in 0..<2 { await house.on { hub, engine in engine.fireHeldStart(in: hub) } }
            #expect(house.done == ["a: begun"])
        }
    }

    private func quiet(_ rule: String, _ house: EngineHouse) async -> String? {
        await house.on { hub, engine in engine.status(of: rule, in: hub)?.quiet }
    }

    @Test func `a rule says why it is quiet, and what is pending`() async throws {
        let rules = """
            rules:
              - {name: holds, when: {change: "door.*", to: true, for: 10m}, then: {log: b}}
              - {name: dark, when: {change: hall.motion}, if: "hall.lux < 40", then: {log: c}}
              - {name: lost, when: {change: "attic.*"}, then: {log: d}}
              - {name: either, when: [{change: "attic.*"}, {at: "03:00"}], then: {log: g}}
              - {name: nightly, when: {at: "03:00"}, then: {log: e}}
              - {name: busy, when: {change: note}, then: [{wait: 1h}]}
            scripts: [{name: bed, then: {log: f}}]
            """
        try await EngineHouse.run(rules) { house in
            #expect(await quiet("holds", house) == "none of its triggers has fired")
            #expect(await quiet("lost", house) == "no key matches attic.*")
            #expect(await quiet("either", house) == "none of its triggers has fired")
            #expect(await quiet("nightly", house) == "it waits for its time")
            #expect(await quiet("bed", house) == "it is a script: it runs when a rule calls it")
            try await house.put("door.front", true)
            await house.advance(.seconds(60))
            try await house.put("door.back", true)
            let pending = await house.on { hub, engine in
                (engine.status(of: "holds", in: hub)?.pending ?? []).map {
                    "\($0.key?.text ?? "") \(($0.due - hub.clock.now).microseconds / 1_000_000)"
                }
            }
            #expect(pending == ["door.front 540", "door.back 600"])
            #expect(await quiet("holds", house) == nil)
            try await house.restart(rules)
            let after = await house.on { hub, engine in engine.status(of: "holds", in: hub)?.pending.count }
            #expect(after == 2)
            try await house.put("hall.lux", 50)
            for isOn in [true, false] { try await house.put("hall.motion", .bool(isOn)) }
            let reason = try #require(await quiet("dark", house))
            #expect(reason.hasPrefix("it was fired and its condition did not hold, 2 times in a row: hall.lux < 40"))
            try await house.put("note", "1")
            #expect(await quiet("busy", house) == nil)
            await house.advance(.seconds(3600))
            #expect(await quiet("busy", house) == "none of its triggers has fired since its last run")
            await house.on { hub, engine in _ = engine.setEnabled("dark", false, in: hub) }
            #expect(await quiet("dark", house) == "it is disabled; komoku enable dark")
        }
    }
}
