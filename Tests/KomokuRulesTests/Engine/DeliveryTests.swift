import Komoku
import KomokuHub
import KomokuTesting
import Synchronization
import Testing

@testable import KomokuRules

/// A step that commands a device waits for the broker where it is not there yet, and its failure is the step's.
@Suite struct DeliveryTests {
    /// A way to devices that is not there at first.
    private final class Wire: DeviceCommander, PutSender {
        private struct State {
            var isReady = false
            var isKnown = false
            var news: [@Sendable () -> Void] = []
            var sent: [@Sendable (CommandRefusal?) -> Void] = []
            var messages: [String] = []
        }

        private let state = Mutex(State())

        var isReady: Bool { state.withLock(\.isReady) }
        var messages: [String] { state.withLock(\.messages) }

        func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage {
            guard state.withLock(\.isKnown) else { throw CommandRefusal("nobody says how it is told") }
            return DeviceCommandMessage(topic: "lamp/set", payload: Array(value.description.utf8))
        }

        func isExpected(_ property: PropertyID) -> Bool { !state.withLock(\.isKnown) }
        func whenNews(_ then: @escaping @Sendable () -> Void) { state.withLock { $0.news.append(then) } }

        func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) {
            take("\(message.topic) \(String(decoding: message.payload, as: UTF8.self))", sent)
        }

        func send(_ value: Value, putTo key: KeyName, sent: (@Sendable (CommandRefusal?) -> Void)?) -> Int {
            guard key.text == "hall.light" else { return 0 }
            take("\(key) \(value)", sent ?? { _ in })
            return 1
        }

        private func take(_ message: String, _ sent: @escaping @Sendable (CommandRefusal?) -> Void) {
            let isReady = state.withLock { state in
                state.messages.append(message)
                if !state.isReady { state.sent.append(sent) }
                return state.isReady
            }
            if isReady { sent(nil) }
        }

        /// The broker is there and says which devices there are, or with a fault will not be.
        func come(_ fault: CommandRefusal? = nil) {
            let calls = state.withLock { state in
                state.isReady = fault == nil
                state.isKnown = true
                defer { (state.news, state.sent) = ([], []) }
                return (state.news, state.sent)
            }
            for call in calls.0 { call() }
            for call in calls.1 { call(fault) }
        }
    }

    private static func lamp() -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID("0x1"), source: "test", name: "lamp")
        var state = PropertyDescription("state", .boolean)
        state.isWritable = true
        var level = PropertyDescription("level", .numeric)
        level.isWritable = true
        lamp.properties = [state, level]
        return lamp
    }

    private static let rules = """
        rules:
          - {name: lamp, when: {change: hall.motion}, then: [{put: {lamp.state: true}}, {log: told}]}
          - {name: light, when: {change: hall.lux}, then: [{put: {hall.light: true}}, {log: told}]}
          - name: sure
            when: {change: note}
            then:
              - {put: {lamp.state: true}, wait_for_report: true}
              - {put: {hall.light: true}, wait_for_report: true}
              - log: told
          - name: again
            when: {change: count}
            then:
              - {put: {lamp.state: true}, wait_for_report: true, retry: {times: 1, delay: 1s}, on_error: continue}
              - log: told
          - name: soon
            when: {change: hall.power}
            then: [{put: {lamp.state: true}, wait_for_report: true, timeout: 3s}]
          - name: brighter
            when: {change: button.action}
            then: [{increment: {lamp.level: 10}, wait_for_report: true, timeout: 2s, retry: {times: 2, delay: 1s}}]
          - {name: keep, when: {change: door.front}, then: {snapshot: "lamp.*", as: lamp}}
          - {name: back, when: {change: door.back}, then: {restore: lamp}}
        """

    private func run(_ body: (EngineHouse, Wire) async throws -> Void) async throws {
        try await EngineHouse.run("rules: []") { house in
            let wire = Wire()
            await house.hub.setCommander(wire, timeout: .seconds(10))
            await house.hub.setPutSender(wire)
            await house.hub.apply([.described(Self.lamp())])
            try await house.reload(Self.rules, knowing: ["lamp.state", "lamp.level"])
            try await body(house, wire)
        }
    }

    @Test func `a command waits for the broker and for what it says of the device`() async throws {
        try await run { house, wire in
            try await house.put("hall.motion", true)
            try await house.put("hall.lux", 5)
            #expect(house.log.all.isEmpty)
            #expect(wire.messages == ["hall.light true"])
            wire.come()
            for _ in 0..<5 { await house.settle() }
            #expect(Set(wire.messages) == ["hall.light true", "lamp/set true"])
            #expect(house.log.all.map { "\($0.rule) \($0.outcome)" }.sorted() == ["lamp done", "light done"])
        }
    }

    @Test func `what the broker does not take fails the step`() async throws {
        try await run { house, wire in
            try await house.put("hall.lux", 5)
            wire.come(CommandRefusal("the broker is away"))
            for _ in 0..<5 { await house.settle() }
            let record = try #require(house.log.all.first)
            #expect(record.outcome == .failed)
            #expect(record.reason == "hall.light: the broker is away")
        }
    }

    @Test func `where the broker does not come in time the step has failed`() async throws {
        try await run { house, wire in
            try await house.put("hall.motion", true)
            for _ in 0..<4 {
                house.clock.advance(by: .seconds(4))
                await house.hub.tick()
                await house.settle()
            }
            let record = try #require(house.log.all.first)
            #expect(record.outcome == .failed)
            #expect(record.reason?.contains("lamp.state: it could not be sent within 10s") == true, "\(record)")
        }
    }

    @Test func `a lamp that was off is told so after its brightness, which may switch it on`() async throws {
        try await run { house, wire in
            wire.come()
            func level(_ value: Double) async {
                let feed = Feed(PropertyID(DeviceID("0x1"), "level"), topic: "lamp")
                await house.hub.apply([Observation(feed: feed, content: .value(.number(value)), provenance: .live)])
            }
            await report(false, house)
            await level(10)
            try await house.put("door.front", true)
            try await house.put("door.back", true)
            #expect(wire.messages.isEmpty, "nothing differs")
            await level(254)
            try await house.put("door.back", false)
            for _ in 0..<5 { await house.settle() }
            #expect(wire.messages == ["lamp/set 10", "lamp/set false"])
        }
    }

    private func report(_ isOn: Bool, _ house: EngineHouse) async {
        let feed = Feed(PropertyID(DeviceID("0x1"), "state"), topic: "lamp")
        await house.hub.apply([Observation(feed: feed, content: .value(.boolean(isOn)), provenance: .live)])
        for _ in 0..<3 { await house.settle() }
    }

    private func pass(_ seconds: Int64, _ house: EngineHouse) async {
        house.clock.advance(by: .seconds(seconds))
        await house.hub.tick()
        for _ in 0..<3 { await house.settle() }
    }

    @Test func `a step that waits for the report is done with it, one that no device answers at once`() async throws {
        try await run { house, wire in
            wire.come()
            try await house.put("note", "go")
            for _ in 0..<3 { await house.settle() }
            #expect(wire.messages == ["lamp/set true"] && house.log.all.isEmpty)
            await report(true, house)
            #expect(wire.messages == ["lamp/set true", "hall.light true"])
            #expect(house.log.all.map { "\($0.rule) \($0.outcome)" } == ["sure done"])
            let outcomes = house.log.all.first?.effects.map(\.outcome)
            #expect(outcomes == [.reported, nil, nil], "what no device answers is only sent")
            #expect(house.done == ["sure: told"])
        }
    }

    @Test func `without a report, or with another value, the step has failed`() async throws {
        try await run { house, wire in
            wire.come()
            try await house.put("note", "go")
            await pass(11, house)
            #expect(house.records == ["sure failed: lamp.state: no report within 10s"])
            try await house.put("note", "once more")
            await report(false, house)
            await pass(11, house)
            #expect(house.records == ["sure failed: lamp.state: the device reports false instead"])
            #expect(house.done.isEmpty)
        }
    }

    @Test func `its policy counts as of any other step`() async throws {
        try await run { house, wire in
            wire.come()
            try await house.put("count", 1)
            await pass(11, house)
            #expect(house.records.isEmpty)
            await pass(1, house)
            #expect(wire.messages == ["lamp/set true", "lamp/set true"])
            await pass(11, house)
            #expect(house.records == ["again done"])
            #expect(house.done == ["again: told"])
            try await house.put("hall.power", 5)
            await pass(3, house)
            #expect(house.records == ["soon failed: no report in time"])
        }
    }

    @Test func `another attempt of an increment begins from what the device says`() async throws {
        try await run { house, wire in
            wire.come()
            let level = Feed(PropertyID(DeviceID("0x1"), "level"), topic: "lamp")
            await house.hub.apply([Observation(feed: level, content: .value(.number(50)), provenance: .live)])
            try await house.put("button.action", "up")
            for _ in 0..<10 { await pass(1, house) }
            #expect(wire.messages == ["lamp/set 60", "lamp/set 60", "lamp/set 60"])
            #expect(house.records == ["brighter failed: no report in time"])
        }
    }

    @Test func `a newer command to the key takes its slot`() async throws {
        try await run { house, wire in
            wire.come()
            try await house.put("note", "go")
            try await house.put("hall.motion", true)
            for _ in 0..<3 { await house.settle() }
            #expect(house.records == ["lamp done", "sure failed: lamp.state: superseded by a newer command"])
        }
    }

    @Test func `without a broker in the configuration the step fails at once`() async throws {
        try await run { house, _ in
            await house.hub.setCommander(nil)
            try await house.put("hall.motion", true)
            for _ in 0..<3 { await house.settle() }
            let record = try #require(house.log.all.first)
            #expect(record.outcome == .failed)
            #expect(record.reason?.contains("no broker is configured") == true)
        }
    }

    @Test func `a command that fails later is told with its run`() async throws {
        try await run { house, wire in
            wire.come()
            try await house.put("hall.motion", true)
            #expect(house.log.all.map(\.outcome) == [.done])
            house.clock.advance(by: .seconds(12))
            await house.hub.tick()
            for _ in 0..<3 { await house.settle() }
            let id = try #require(house.log.all.first?.id)
            let record = await house.on { hub, engine in engine.record(of: id, in: hub) }
            #expect(record?.outcome == .done)
            let effects = record?.effects.map(\.description)
            #expect(effects == ["1 put lamp.state true failed later: no report within 10s", "2 log told"])
            #expect(record?.effects.first?.outcome == .failedLater)
        }
    }
}
