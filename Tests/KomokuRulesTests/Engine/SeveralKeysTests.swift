import Komoku
import KomokuHub
import KomokuTesting
import Logging
import Testing

@testable import KomokuRules

/// Expressions over all keys that match a pattern, where rules stand.
struct SeveralKeysTests {
    private static let rules = """
        rules:
        - {name: two, when: {becomes: "count_true('door.*') >= 2"}, then: {log: "{count_true('door.*')}"}}
        - {name: none, when: {becomes: "not any('door.*')"}, then: {log: "x"}}
        - {name: all, when: {becomes: "all('door.*')"}, then: {log: "{count('door.*')}"}}
        - {name: wait, mode: parallel, when: {change: note}, then: [{wait_until: "any('door.*')"}, {log: "{value}"}]}
        - {name: power, when: {becomes: "sum('*.power') > 100"}, then: {log: "{sum('*.power')}"}}
        """

    @Test func `a new key counts with its first value, and a deleted one no more`() async throws {
        try await EngineHouse.run(Self.rules) { house in
            try await house.put("door.front", true)
            #expect(house.done == ["all: 1"])
            try await house.observe("door.side", .boolean(true))
            #expect(house.done == ["two: 2"])
            try await house.observe("door.side", .boolean(false))
            try await house.put("door.back", true)
            #expect(house.done == ["two: 2"])
            try await house.hub.delete(try #require(KeyName("door.side")))
            await house.settle()
            #expect(house.done == ["all: 2"])
            for name in ["door.front", "door.back"] { try await house.hub.delete(try #require(KeyName(name))) }
            await house.settle()
            #expect(house.done == ["none: x"])
        }
    }

    @Test func `one that is stale counts with its last value, also after a restart`() async throws {
        let rules = """
            rules:
            - {name: warm, when: {change: note}, if: "avg('*.temperature') > 20", then: {log: "{avg('*.temperature')} of {count('*.temperature')}"}}
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("room1.temperature", 20)
            try await house.put("room2.temperature", 24)
            await house.advance(.seconds(700))
            try await house.put("note", "a")
            #expect(house.done == ["warm: 22 of 2"])
            try await house.restart(rules, after: .seconds(5))
            try await house.put("note", "b")
            #expect(house.done == ["warm: 22 of 2"])
            try await house.put("room2.temperature", 10)
            try await house.put("note", "c")
            #expect(house.done.isEmpty)
            let told = house.records
            #expect(
                told.contains { $0.contains("avg('*.temperature') > 20 is false: avg('*.temperature') is 15") },
                "\(told)")
        }
    }

    @Test func `an event has no value that counts`() async throws {
        let rules = """
            rules: [{name: a, when: {event: button.action}, then: {log: "{count('button.*')} {count('**' = 'on')}"}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("button.action", "on")
            #expect(house.done == ["a: 0 0"])
        }
    }

    @Test func `a condition sees the state of its change, also where the history answers later`() async throws {
        let rules = """
            rules:
            - {name: a, mode: parallel, when: {change: "door.*", to: true}, if: "count_true('door.*') = 1 and count(door.front, 1h) >= 0", then: {log: "{key}"}}
            """
        try await EngineHouse.run(rules) { house in
            // Both in one turn: by the time of the answer both are open.
            let names = ["door.front", "door.back"].compactMap { KeyName($0) }
            let feeds = names.map { Feed(key: $0, topic: "t/\($0)", type: .boolean) }
            for feed in feeds {
                await house.hub.apply([Observation(feed: feed, content: .value(.boolean(true)), provenance: .live)])
            }
            await house.settle()
            #expect(house.done == ["a: door.front"])
        }
    }

    /// A plain reference of what the rules above do.
    private struct Model {
        var doors: [String: Bool] = [:]
        var power: [String: Double] = [:]
        var waiting: [String] = []
        private var holds: [String: Bool] = ["none": true]

        var any: Bool { doors.values.contains(true) }

        /// What is done because of what is so now.
        mutating func look() -> [String] {
            let open = doors.values.count { $0 }
            let sum = power.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
            let now = [
                ("two", open >= 2, "\(open)"), ("none", !any, "x"),
                ("all", !doors.isEmpty && open == doors.count, "\(doors.count)"),
                ("power", sum > 100, DecimalNumber.text(sum)),
            ]
            var done: [String] = []
            for (name, isTrue, text) in now {
                if isTrue, holds[name] != true { done.append("\(name): \(text)") }
                holds[name] = isTrue
            }
            if any {
                done += waiting.map { "wait: \($0)" }
                waiting = []
            }
            return done
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `rules over patterns do what a plain reference does, over restarts, reloads, new and deleted keys`(
        _ seed: UInt64
    ) async throws {
        var random = SplitMix(seed: seed)
        var model = Model()
        try await EngineHouse.run(Self.rules) { house in
            for step in 0..<60 {
                let name = "door.d\(Int.random(in: 1...4, using: &random))"
                switch Int.random(in: 0..<12, using: &random) {
                case 0:
                    try await house.restart(Self.rules, after: .seconds(Int64.random(in: 0...900, using: &random)))
                case 1: try await house.reload(Self.rules)
                case 2:
                    guard model.doors.removeValue(forKey: name) != nil else { continue }
                    try await house.hub.delete(try #require(KeyName(name)))
                case 3:
                    try await house.put("note", .string("\(step)"))
                    model.waiting.append("\(step)")
                case 4, 5:
                    let (plug, watts) = (
                        "p\(Int.random(in: 1...3, using: &random)).power", Int.random(in: 0...60, using: &random)
                    )
                    model.power[plug] = Double(watts)
                    try await house.observe(plug, .number(Double(watts)))
                case 6: await house.advance(.seconds(300))
                default:
                    let isOpen = Bool.random(using: &random)
                    model.doors[name] = isOpen
                    try await house.observe(name, .boolean(isOpen))
                }
                await house.settle()
                let (done, expected) = (house.done.sorted(), model.look().sorted())
                #expect(done == expected, "seed \(seed), step \(step)")
                if done != expected { return }
            }
        }
    }

    @Test func `tests of rules and back-tests know the keys that patterns read`() async throws {
        #expect(try EngineHouse.read(Self.rules).keysRead.map(\.text) == ["*.power", "door.*", "note"])
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try folder.write(
            """
            keys: {"door.*": {type: boolean}, door.a: {type: boolean}, door.b: {type: boolean}}
            rules: [{name: two, when: {becomes: "all('door.*') and count('door.*') = 2"}, then: {log: "both"}}]

            """, to: "rules.yaml")
        try folder.write(
            """
            rules: rules.yaml
            tests:
              - name: it
                steps:
                  - put: {door.a: true}
                  - expect_nothing: true
                  - put: {door.b: true}
                  - expect: {runs: [{rule: two, outcome: done}]}
                  - restart: kill
                  - expect_nothing: true
                  - put: {door.a: false}
                  - put: {door.a: true}
                  - expect: {runs: [{rule: two, outcome: done}]}

            """, to: "a.test.yaml")
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let outcome = await RuleTestSuite(logger: logger, loader: ExampleLoader.load).run(folder.path("a.test.yaml"))
        #expect(outcome.findings.isEmpty && outcome.tests.count == 1, "\(outcome.findings)")
        #expect(outcome.tests.allSatisfy { $0.failures.isEmpty }, "\(outcome.tests.map(\.failures))")
    }

    @Test func `in a house of thousands of keys a change costs only those that match`() async throws {
        try await EngineHouse.run(Self.rules) { house in
            for number in 0..<3000 { try await house.observe("other.k\(number)", .boolean(true)) }
            for number in 0..<50 { try await house.observe("plug\(number).power", .number(1)) }
            let start = ContinuousClock.now
            _ = house.done
            for _ in 0..<200 {
                try await house.observe("plug0.power", .number(60))
                try await house.observe("plug0.power", .number(1))
            }
            #expect(house.done.count == 200)
            // Some 0.1 s in a debug build.
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}
