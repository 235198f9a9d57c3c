import Komoku
import KomokuExpression
import KomokuHub
import KomokuTesting
import Testing

@testable import KomokuRules

/// `snapshot` remembers what keys are, `restore` puts it back.
struct SnapshotTests {
    private static let rules = """
        rules:
        - {name: take, when: {change: note, to: take}, then: {snapshot: ["hall.*", count], as: evening}}
        - {name: back, when: {change: note, to: back}, then: [{restore: evening}, {log: done}]}
        - {name: flash, when: {change: note, to: flash}, then: [{snapshot: hall.light, as: "f{length(value)}"}, {put: {hall.light: true}}, {wait: 1m}, {restore: f5}]}
        """

    private func run(_ body: (EngineHouse) async throws -> Void) async throws {
        try await EngineHouse.run(Self.rules) { house in
            for (key, value) in [("hall.light", false), ("hall.lux", 5), ("count", 1), ("hall.power", 3)]
                as [(String, JSON)]
            {
                try await house.put(key, value)
            }
            try await body(house)
        }
    }

    @Test func `what differs is put back, by another rule, after a restart and a reload`() async throws {
        try await run { house in
            try await house.put("note", "take")
            for (key, value) in [("hall.light", true), ("count", 9)] as [(String, JSON)] {
                try await house.put(key, value)
            }
            try await house.restart(Self.rules)
            try await house.reload(Self.rules.replacing("{log: done}", with: "{log: again}"))
            try await house.put("note", "back")
            #expect(try await house.value("hall.light") == .boolean(false))
            #expect(try await house.value("count") == .number(1))
            #expect(house.done == ["back: again"])
            let effects = try #require(house.log.all.last).effects.map(\.description)
            #expect(effects == ["1 restore evening", "1 restore count 1", "1 restore hall.light false", "2 log again"])
            #expect(house.log.all.first?.effects.map(\.description) == ["1 snapshot evening", "1 snapshot 4 keys"])
        }
    }

    @Test func `a key that is gone is passed over and told, one that was renamed is meant`() async throws {
        try await run { house in
            try await house.put("note", "take")
            try await house.put("hall.light", true)
            try await house.put("hall.lux", 6)
            try await house.hub.delete(try #require(KeyName("hall.light")))
            try await house.hub.rename(try #require(KeyName("hall.lux")), to: try #require(KeyName("hall.lumen")))
            try await house.put("note", "back")
            #expect(try await house.value("hall.lumen") == .number(5))
            let effects = try #require(house.log.all.last).effects.map(\.description)
            #expect(
                effects.contains { $0.contains("restore hall.light") && $0.contains("there is no such key any more") })
            #expect(house.done == ["back: done"])
        }
    }

    @Test func `what no rule restores any more is forgotten with the next start`() async throws {
        try await run { house in
            try await house.put("note", "take")
            try await house.restart("rules: []")
            #expect(try house.cells().count == 1)
            try await house.restart(Self.rules)
            #expect(try house.cells().isEmpty)
        }
    }

    @Test func `a restore without a snapshot fails`() async throws {
        try await run { house in
            try await house.put("note", "back")
            #expect(house.records == ["back failed: there is no snapshot 'evening'"])
        }
    }

    @Test func `a run can restore what it took, over a restart`() async throws {
        try await run { house in
            try await house.put("note", "flash")
            #expect(try await house.value("hall.light") == .boolean(true))
            try await house.restart(Self.rules, after: .seconds(30))
            await house.advance(.seconds(30))
            #expect(try await house.value("hall.light") == .boolean(false))
        }
    }

    @Test(arguments: [
        ("{snapshot: hall.light}", "error: 'snapshot' needs 'as'; write {snapshot: [\"*.light\"], as: evening}"),
        ("{restore: evning}", "warning: no rule takes a snapshot 'evning'; did you mean 'evening'?"),
        ("{snapshot: [], as: x}", "error: 'snapshot' names no key"),
        ("{snapshot: hall.lght, as: x}", "error: there is no key 'hall.lght'; did you mean 'hall.light'?"),
    ])
    func `what is wrong is said`(_ action: String, _ finding: String) {
        let other = "- {name: o, when: {start: true}, then: {snapshot: hall.light, as: evening}}"
        let read = RuleText("rules:\n\(other)\n- {name: r, when: {start: true}, then: \(action)}\n")
        #expect(read.findings.contains { $0.contains(finding) }, "\(read.findings)")
    }
}
