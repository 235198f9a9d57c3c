import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// `stale` and `recovered` on a real hub.
struct FreshnessTriggerTests {
    private func run(
        _ rules: String, _ body: (Hub, VirtualClock) async throws -> Void
    ) async throws -> [String] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let clock = VirtualClock()
        let hub = Hub(store: store, clock: clock, logger: logger)
        hub.start()
        defer { hub.stop() }
        let outputs = RuleEngineTests.Outputs()
        let engine = RuleEngine(outputs: outputs, logger: logger)
        let (rules, diagnostics) = House.read(rules)
        #expect(diagnostics.isEmpty)
        for key in ["hall.lux", "room1.temperature", "room2.temperature"] {
            try await hub.define([
                Definition(name: key, type: "numeric", options: [JSON.Member("expect_every", 60)])
            ])
        }
        await Self.replace(engine, rules, hub)
        try await body(hub, clock)
        return outputs.all
    }

    private static func replace(_ engine: RuleEngine, _ rules: [Rule], _ hub: isolated Hub) {
        engine.replace(rules, in: hub)
    }

    private func put(_ key: String, _ value: JSON, _ hub: Hub) async throws {
        try await hub.put(try #require(KeyName(key)), value, cause: .client("test"))
    }

    @Test func `a rule runs when a key goes stale and when it comes back`() async throws {
        let rules = """
            rules:
              - {name: gone, when: {stale: "*.temperature"}, if: "value > 10", then: {log: "{key} was {value}"}}
              - {name: back, when: [{recovered: room1.temperature}], then: {log: "{key} is {value} after {previous}"}}
              - {name: changed, when: {change: room1.temperature}, then: {log: "changed to {value}"}}
            """
        let lines = try await run(rules) { hub, clock in
            try await put("room1.temperature", 20, hub)
            try await put("room2.temperature", 5, hub)
            try await put("hall.lux", 100, hub)
            await clock.advance(by: .seconds(60), for: hub)
            try await put("room1.temperature", 20, hub)
            await clock.advance(by: .seconds(59), for: hub)
        }
        #expect(
            lines == [
                "log changed: changed to 20", "log gone: room1.temperature was 20",
                "log back: room1.temperature is 20 after 20",
            ])
    }

    @Test(arguments: [false, true])
    func `a recovery by a replayed message counts only where the rule says so`(retained: Bool) async throws {
        let rules = """
            rules:
              - {name: back, when: {recovered: hall.lux, retained: \(retained)}, then: {log: "back"}}
            """
        let lines = try await run(rules) { hub, clock in
            try await put("hall.lux", 1, hub)
            await clock.advance(by: .seconds(60), for: hub)
            let feed = Feed(key: try #require(KeyName("hall.lux")), topic: "t", type: .numeric)
            await hub.apply([Observation(feed: feed, content: .value(.number(2)), provenance: .retained)])
        }
        #expect(lines == (retained ? ["log back: back"] : []))
    }
}
