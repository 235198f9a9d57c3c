import Komoku
import KomokuHub
import KomokuStore
import Logging
import Synchronization
import Testing

@testable import KomokuRules

/// The rules on a real hub, in memory.
struct RuleEngineTests {
    final class Outputs: RuleOutputs {
        private let lines = Mutex<[String]>([])

        func publish(topic: String, payload: [UInt8], qos: Int, retain: Bool) {
            lines.withLock { $0.append("publish \(topic) \(String(decoding: payload, as: UTF8.self))") }
        }

        func log(rule: String, text: String) { lines.withLock { $0.append("log \(rule): \(text)") } }

        var all: [String] { lines.withLock { $0 } }
    }

    private func run(
        _ text: String, _ body: @escaping @Sendable (isolated Hub, RuleEngine) throws -> Void
    ) async throws -> [String] {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = try Store(Store.Configuration(location: .memory), logger: logger)
        let hub = Hub(store: store, logger: logger)
        hub.start()
        defer { hub.stop() }
        let outputs = Outputs()
        let engine = RuleEngine(outputs: outputs, logger: logger)
        let (rules, diagnostics) = House.read(text)
        #expect(diagnostics.isEmpty)
        try await Self.on(hub) { hub in
            engine.replace(rules, in: hub)
            try body(hub, engine)
        }
        return outputs.all
    }

    private static func on(_ hub: isolated Hub, _ body: @Sendable (isolated Hub) throws -> Void) throws {
        try body(hub)
    }

    private func put(_ key: String, _ json: JSON, in hub: isolated Hub) throws {
        try hub.put(try #require(KeyName(key)), json, at: nil, cause: .client("test"))
    }

    @Test func `the keys that rules read and the hub lacks are named`() async throws {
        let rules = """
            rules:
              - {name: one, when: {change: hall.motion}, if: "hall.lux < 40", then: [{log: x}]}
            """
        _ = try await run(rules) { hub, engine in
            #expect(engine.missingKeys(in: hub).map(\.key.text) == ["hall.lux", "hall.motion"])
            try self.put("hall.lux", 5, in: hub)
            #expect(engine.missingKeys(in: hub).map(\.key.text) == ["hall.motion"])
        }
    }

    @Test func aPutMakesARuleActAndItsPutMakesTheNext() async throws {
        let lines = try await run(
            """
            rules:
              - {name: light, when: {change: hall.motion, to: true}, if: hall.lux < 40, then: {put: {hall.light: true}}}
              - {name: tell, when: {becomes: hall.light}, then: [{publish: {topic: light, payload: "{hall.light}"}}, {log: on}]}
            """
        ) { [self] hub, engine in
            try put("hall.lux", 3, in: hub)
            try put("hall.motion", true, in: hub)
            let light = try #require(KeyName("hall.light"))
            #expect(hub.last(light)?.value == .boolean(true))
            #expect(hub.last(light)?.provenance == .derived)
            #expect(engine.statistics(in: hub).map(\.statistics.runs) == [1, 1])
        }
        #expect(lines == ["publish light true", "log tell: on"])
    }

    @Test func aPutThatTheHubRefusesFailsTheRunOnly() async throws {
        let lines = try await run(
            """
            rules:
              - {name: a, when: {change: hall.motion}, then: [{put: {found: text}}, {log: never}]}
              - {name: b, when: {change: hall.motion}, then: {log: fine}}
            """
        ) { [self] hub, engine in
            try put("found", 1, in: hub)
            try put("hall.motion", true, in: hub)
            #expect(engine.statistics(in: hub).map(\.statistics.failures) == [1, 0])
        }
        #expect(lines == ["log b: fine"])
    }

    @Test func aLoopIsPaused() async throws {
        _ = try await run("rules: [{name: loop, when: {change: count}, then: {put: {count: value + 1}}}]") {
            [self] hub, engine in
            try put("count", 0, in: hub)
            #expect(hub.last(try #require(KeyName("count")))?.value == .number(Double(Reactor.maximumDepth)))
            #expect(engine.statistics(in: hub).map(\.statistics.isPaused) == [true])
        }
    }

    @Test func replacedRulesAreGone() async throws {
        let lines = try await run("rules: [{name: a, when: {change: count}, then: {log: old}}]") { [self] hub, engine in
            try put("count", 0, in: hub)
            engine.replace(House.read("rules: [{name: b, when: {change: count}, then: {log: new}}]").rules, in: hub)
            try put("count", 1, in: hub)
            engine.replace([], in: hub)
            try put("count", 2, in: hub)
        }
        #expect(lines == ["log a: old", "log b: new"])
    }
}
