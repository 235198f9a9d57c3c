import Komoku
import KomokuHub
import KomokuSystem
import Logging
import Testing

@testable import KomokuRules

/// What runs ask of the world, and what people ask of runs.
struct DemandTests {
    @Test func `a publication with QoS 1 stands until the broker has it`() async throws {
        let rules =
            "rules: [{name: a, when: {change: note}, then: [{publish: {topic: x, payload: y, qos: 1}}, {log: sent}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            #expect(house.done == ["publish x y"])
            #expect(await house.on { hub, engine in engine.standingRuns(in: hub).map(\.standing) } == [.outside])
            house.outputs.answer()
            await house.settle()
            #expect(house.done == ["a: sent"])
            try await house.put("note", "2")
            await house.advance(.seconds(30))
            #expect(house.done == ["publish x y"])
            #expect(house.records == ["a done", "a failed: no answer in time"])
            // What comes too late changes nothing.
            house.outputs.answer()
            await house.settle()
            #expect(house.done == [])
        }
    }

    @Test func `a failed request is tried again by its policy, then the run says where it failed`() async throws {
        let rules = """
            rules: [{name: a, when: {change: note}, then: [{http: "http://x", retry: {times: 1, delay: 2s}}, {log: never}]}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            house.outputs.answer(.success(OutputAnswer(status: 503, text: "")))
            await house.settle()
            #expect(house.done == ["http http://x"])
            await house.advance(.seconds(2))
            #expect(house.done == ["http http://x"])
            house.outputs.answer(.failure(OutputFailure("refused")))
            await house.settle()
            #expect(house.records == ["a failed: refused"])
            #expect(house.log.all.last?.step == "1")
        }
    }

    @Test func `a request that waits for its turn is not late before it is sent`() async throws {
        let rules = "rules: [{name: a, when: {change: note}, then: [{http: \"http://x\", timeout: 5s}, {log: on}]}]"
        try await EngineHouse.run(rules) { house in
            house.outputs.grace = nil
            try await house.put("note", "1")
            await house.advance(.seconds(600))
            #expect(house.records.isEmpty)
            house.outputs.answer()
            await house.settle()
            #expect(house.records == ["a done"])
        }
    }

    @Test func `a program that never answers is ended, and the rule goes on`() async throws {
        let rules = """
            rules: [{name: a, when: {change: note}, then: [{run: [sleep, "9"], timeout: 5s, on_error: continue}, {log: on}]}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            await house.advance(.seconds(10))
            #expect(house.outputs.cancelled == 1)
            #expect(house.done == ["run sleep 9", "a: on"])
        }
    }

    @Test func `a replaced run ends what it asked for`() async throws {
        let rules =
            "rules: [{name: a, mode: restart, when: {change: note}, then: [{http: 'http://{value}'}, {log: '{value}'}]}]"
        try await EngineHouse.run(rules) { house in
            try await house.put("note", "1")
            try await house.put("note", "2")
            #expect(house.outputs.cancelled == 1)
            house.outputs.answer()
            house.outputs.answer()
            await house.settle()
            #expect(house.done == ["http http://1", "http http://2", "a: 2"])
        }
    }

    @Test func `a long loop lets others go on`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: note}, then: [{repeat: {count: 3000, do: [{increment: count}]}}, {log: end}]}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("count", 0)
            try await house.put("note", "x")
            for _ in 0..<20 { await house.settle() }
            #expect(try await house.value("count") == .number(3000))
            #expect(house.done == ["a: end"])
        }
    }

    @Test func `wait_until looks when what it reads changes`() async throws {
        let rules = """
            rules:
              - name: a
                when: {change: hall.motion, to: true}
                then: [{wait_until: {is: "not hall.motion and avg(hall.power, 1m) < 10", timeout: 10m}}, {log: "{timed_out ?? false}"}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.power", 100)
            try await house.put("hall.motion", true)
            try await house.put("hall.motion", false)
            await house.advance(.seconds(5))
            try await house.put("hall.power", 1)
            #expect(house.done == [])
            await house.advance(.seconds(70), step: .seconds(1))
            #expect(house.done == ["a: false"])
            try await house.put("hall.power", 100)
            try await house.put("hall.motion", true)
            await house.advance(.seconds(600), step: .seconds(10))
            #expect(house.done == ["a: true"])
            #expect(house.records == ["a done", "a done"])
        }
    }

    @Test func `history in actions is asked and answered`() async throws {
        let rules = """
            rules:
              - {name: a, when: {change: note}, then: {log: "{min(hall.power, 1h)} {max(hall.power, 1h)} {last(hall.power)} {previous(hall.power)} {at(hall.power, 5m)} {changed(hall.power, 1m)} {fraction(hall.light = true, 10m)} {duration(hall.power > 5, 10m)} {delta(hall.power, 1h)}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("hall.light", true)
            try await house.put("hall.power", 10)
            await house.advance(.seconds(300))
            try await house.put("hall.power", 2)
            try await house.put("hall.light", false)
            await house.advance(.seconds(300))
            try await house.put("note", "x")
            #expect(house.done == ["a: 2 10 2 10 2 false 0.5 300 -8"])
        }
    }

    @Test func `people run, stop and look`() async throws {
        let rules = """
            rules: [{name: a, when: {change: note}, if: hall.light, then: [{log: "{trigger}"}, {wait: 1h}]}]
            scripts: [{name: s, parameters: [x], then: {log: "{x}"}}]
            """
        try await EngineHouse.run(rules) { house in
            #expect(
                await house.on { hub, engine in engine.runNow("a", arguments: ["x": .number(1)], in: hub) } == .began(1)
            )
            #expect(
                await house.on { hub, engine in engine.runNow("a", in: hub) }
                    == .refused("run 1 is still in progress", record: 2))
            #expect(await house.on { hub, engine in engine.runNow("no", in: hub) } == .unknownRule)
            #expect(
                await house.on { hub, engine in engine.runNow("s", arguments: ["x": .string("y")], in: hub) }
                    == .began(3))
            #expect(await house.on { hub, engine in engine.stopRuns("a", in: hub) } == 1)
            #expect(await house.on { hub, engine in engine.stopRuns("no", in: hub) } == nil)
            #expect(house.done == ["a: manual", "s: y"])
            #expect(house.records == ["a busy: run 1 is still in progress", "s done", "a stopped: stopped by hand"])
            let seen = await house.on { hub, engine in
                engine.recentRecords(in: hub).reversed().map { "\($0.rule) \($0.outcome.rawValue)" }
            }
            #expect(seen == ["a busy", "s done", "a stopped"])
            let names = await house.on { hub, engine in
                engine.list(in: hub).map { "\($0.rule.name) \($0.rule.triggers) \($0.standing)" }
            }
            #expect(names == ["s [] 0", "a [change note] 0"] || names == ["a [change note] 0", "s [] 0"])
            #expect(
                await house.on { hub, engine in engine.recentRecords(of: "a", limit: 1, in: hub).map(\.outcome) } == [
                    .stopped
                ])
        }
    }
}
