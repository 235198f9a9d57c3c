import Komoku
import KomokuStore
import KomokuTesting
import Logging
import Synchronization
import Testing

@testable import KomokuHub

@Suite struct CommandTests {
    /// Sends nothing; the test says what became of each message.
    private final class Wire: DeviceCommander {
        struct State {
            var sent: [String] = []
            var waiting: [@Sendable (CommandRefusal?) -> Void] = []
            var fault: CommandRefusal?
        }

        private let state = Mutex(State())

        func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage {
            if value == .string("impossible") { throw CommandRefusal("it cannot be told 'impossible'") }
            return DeviceCommandMessage(topic: "set/\(property.name)", payload: Array(value.description.utf8))
        }

        func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) {
            state.withLock {
                $0.sent.append("\(message.topic) \(String(decoding: message.payload, as: UTF8.self))")
                $0.waiting.append(sent)
            }
        }

        func answer(_ fault: CommandRefusal? = nil) {
            let waiting = state.withLock { state in
                defer { state.waiting = [] }
                return state.waiting
            }
            for sent in waiting { sent(fault) }
        }

        var sent: [String] { state.withLock { $0.sent } }
    }

    /// A lamp with what can be told and what cannot.
    private struct House {
        let test: TestHub
        let wire = Wire()
        let outcomes = Collector<CommandOutcome?>()

        static let lamp: DeviceDescription = {
            var lamp = DeviceDescription(id: DeviceID("0x1"), source: "test", name: "lamp")
            var state = PropertyDescription("state", .boolean)
            var level = PropertyDescription("level", .numeric)
            (level.minimum, level.maximum) = (0, 254)
            var mode = PropertyDescription("mode", .string)
            mode.values = ["Auto", "heat", "HEAT", "off"]
            var effect = PropertyDescription("effect", .string)
            effect.hasState = false
            (state.isWritable, level.isWritable, mode.isWritable, effect.isWritable) = (true, true, true, true)
            lamp.properties = [state, level, mode, effect, PropertyDescription("power", .numeric)]
            return lamp
        }()

        static func run(_ body: (House) async throws -> Void) async throws {
            try await TestHub.run { test in
                let house = House(test: test)
                await test.hub.setCommander(house.wire)
                await test.hub.apply([.described(lamp)])
                try await body(house)
            }
        }

        func put(_ key: String, _ value: JSON, at time: Double? = nil) async throws {
            try await test.put("lamp.\(key)", value, at: time)
            await test.hub.whenReported(try test.name("lamp.\(key)")) { [outcomes] in outcomes.append($0) }
        }

        func observe(_ property: String, _ value: Value, provenance: Provenance = .live) async {
            let feed = Feed(PropertyID(DeviceID("0x1"), property), topic: "t")
            await test.observe(feed, .value(value), provenance: provenance)
        }

        func command(_ key: String) async throws -> CommandState? {
            try await test.hub.key(test.name("lamp.\(key)"))?.command
        }

        func fault(_ key: String, _ value: JSON) async throws -> String? {
            try await test.hub.putFault(test.name("lamp.\(key)"), value)
        }
    }

    @Test func `a put is sent, and the key changes when the device reports`() async throws {
        try await House.run { house in
            try await house.put("state", "on")
            #expect(house.wire.sent == ["set/state true"])
            #expect(try await house.test.last("lamp.state") == nil)
            #expect(try await house.command("state")?.value == .boolean(true))
            #expect(try await house.command("state")?.outcome == nil)
            house.wire.answer()
            await house.test.clock.advance(by: .seconds(1), for: house.test.hub)
            await house.observe("state", .boolean(true))
            #expect(try await house.test.last("lamp.state") == .boolean(true))
            #expect(try await house.command("state")?.outcome == .reported(.boolean(true)))
            #expect(house.outcomes.elements == [.reported(.boolean(true))])
            await house.test.clock.advance(by: .seconds(60), for: house.test.hub)
            #expect(try await house.command("state")?.outcome == .reported(.boolean(true)))
            #expect(await house.test.hub.counters.failedCommands == 0)
        }
    }

    @Test func `without a report in time a command has failed`() async throws {
        try await House.run { house in
            await house.test.hub.setCommander(house.wire, timeout: .seconds(3))
            try await house.put("state", true)
            house.wire.answer()
            // What the broker repeats is no report.
            await house.observe("state", .boolean(true), provenance: .retained)
            await house.test.clock.advance(by: .milliseconds(2_999), for: house.test.hub)
            #expect(try await house.command("state")?.outcome == nil)
            await house.test.clock.advance(by: .milliseconds(1), for: house.test.hub)
            #expect(house.outcomes.elements == [.failed("no report within 3s")])
            #expect(await house.test.hub.counters.failedCommands == 1)
        }
    }

    @Test(arguments: ["state", "effect"])
    func `a command that the broker has not taken in time could not be sent`(property: String) async throws {
        try await House.run { house in
            await house.test.hub.setCommander(house.wire, timeout: .seconds(3))
            let value: JSON = property == "state" ? true : "blink"
            // Who sends it may say why, a moment later.
            try await house.put(property, value)
            await house.test.clock.advance(by: .milliseconds(3_500), for: house.test.hub)
            #expect(try await house.command(property)?.outcome == nil)
            house.wire.answer(CommandRefusal("the broker cannot be reached"))
            await house.test.hub.tick()
            #expect(house.outcomes.elements == [.failed("the broker cannot be reached")])
            // Who says nothing is not waited for.
            try await house.put(property, value)
            await house.test.clock.advance(by: .milliseconds(3_999), for: house.test.hub)
            #expect(house.outcomes.elements.count == 1)
            await house.test.clock.advance(by: .milliseconds(1), for: house.test.hub)
            #expect(
                house.outcomes.elements.last
                    == .failed("it could not be sent within 3s: the broker does not take it"))
        }
    }

    @Test func `another value than the command's counts once the time is up`() async throws {
        try await House.run { house in
            try await house.put("level", 200)
            await house.observe("level", .number(10))
            await house.observe("level", .number(100))
            #expect(house.outcomes.elements.isEmpty)
            await house.test.clock.advance(by: .seconds(10), for: house.test.hub)
            #expect(house.outcomes.elements == [.differs(.number(100))])
            try await house.put("level", 200)
            await house.observe("level", .number(100))
            await house.observe("level", .number(200.00000001))
            #expect(house.outcomes.elements.last == .reported(.number(200.00000001)))
        }
    }

    @Test func `a report agrees to the key's last decimal`() async throws {
        try await House.run { house in
            try await house.test.define("lamp.level", "numeric", [JSON.Member("precision", 1)])
            try await house.put("level", 21.54)
            #expect(house.wire.sent == ["set/level 21.5"])
            await house.observe("level", .number(21.46))
            #expect(house.outcomes.elements == [.reported(.number(21.5))])
        }
    }

    @Test func `a newer command takes the place of one that waits`() async throws {
        try await House.run { house in
            try await house.put("level", 1)
            try await house.put("level", 2)
            #expect(house.outcomes.elements == [.failed("superseded by a newer command")])
            await house.observe("level", .number(1))
            await house.observe("level", .number(2))
            #expect(house.outcomes.elements.last == .reported(.number(2)))
            // The answer for the first comes late and ends nothing.
            house.wire.answer(CommandRefusal("late"))
            _ = await house.test.hub.keyCount
            #expect(try await house.command("level")?.outcome == .reported(.number(2)))
        }
    }

    @Test func `what cannot be sent has failed, what reports nothing ends when it is sent`() async throws {
        try await House.run { house in
            try await house.put("level", 1)
            house.wire.answer(CommandRefusal("the broker is away"))
            try await house.outcomes.wait(for: 1)
            #expect(house.outcomes.elements == [.failed("the broker is away")])
            try await house.put("effect", "blink")
            house.wire.answer()
            try await house.outcomes.wait(for: 2)
            #expect(house.outcomes.elements.last == .sent)
        }
    }

    @Test func `without anybody who sends a command fails at once`() async throws {
        try await House.run { house in
            await house.test.hub.setCommander(nil)
            try await house.put("state", true)
            #expect(house.outcomes.elements == [nil])
            let reason = "no broker is configured through which devices can be told"
            #expect(try await house.command("state")?.outcome == .failed(reason))
            let key = try house.test.name("lamp.state")
            await #expect(throws: CommandRefusal(reason)) { try await house.test.hub.command(true, to: key) }
        }
    }

    @Test(
        arguments: [
            ("power", 5, "lamp.power is reported by the device and cannot be put"),
            ("level", 255, "lamp.level takes 0 to 254, not 255"),
            ("level", -1, "lamp.level takes 0 to 254, not -1"),
            ("level", "dim", "lamp.level is numeric and cannot be \"dim\""),
            ("state", 2, "lamp.state is boolean and cannot be 2"),
            ("state", .null, "lamp.state is boolean and cannot be null"),
            ("mode", "cool", "lamp.mode takes one of 'Auto', 'heat', 'HEAT', 'off', not \"cool\""),
            ("mode", "Heat", "lamp.mode takes one of 'Auto', 'heat', 'HEAT', 'off', not \"Heat\""),
            ("effect", "impossible", "it cannot be told 'impossible'"),
        ] as [(String, JSON, String)])
    func `what the device cannot be told is refused with a sentence`(
        key: String, value: JSON, sentence: String
    ) async throws {
        try await House.run { house in
            await #expect(throws: CommandError.invalidValue) { try await house.test.put("lamp.\(key)", value) }
            #expect(try await house.fault(key, value) == sentence)
            let name = try house.test.name("lamp.\(key)")
            await #expect(throws: CommandRefusal(sentence)) { try await house.test.hub.command(value, to: name) }
            #expect(house.wire.sent.isEmpty)
            #expect(try await house.command(key) == nil)
            // By MQTT too, where it becomes a dead letter.
            let feed = Feed(key: name, topic: "komoku/lamp/x/set", type: nil, isCommand: true)
            if let value = try? Value.guess(value).value { await house.test.observe(feed, .value(value)) }
            #expect(house.wire.sent.isEmpty)
            #expect(await house.test.hub.counters.deadLetters == (value == .null ? 0 : 1))
        }
    }

    @Test(arguments: [
        ("state", "ON", "set/state true"), ("state", "false", "set/state false"), ("level", "12.5", "set/level 12.5"),
        ("mode", "auto", "set/mode Auto"), ("mode", "heat", "set/mode heat"), ("effect", "007", "set/effect 007"),
    ])
    func `texts mean what the device takes`(key: String, text: String, sent: String) async throws {
        try await House.run { house in
            try await house.put(key, .string(text))
            let name = try house.test.name("lamp.\(key)")
            let feed = Feed(key: name, topic: "komoku/lamp/\(key)/set", type: nil, isCommand: true)
            await house.test.observe(feed, .text(text))
            #expect(house.wire.sent == [sent, sent])
            let message = try #require(try await house.test.hub.command(.string(text), to: name))
            #expect("\(message.topic) \(String(decoding: message.payload, as: UTF8.self))" == sent)
            #expect(try await house.fault(key, .string(text)) == nil)
        }
    }

    @Test func `rules and steps command too, and reports change what cannot be put`() async throws {
        try await House.run { house in
            let hub = house.test.hub
            let level = try house.test.name("lamp.level")
            await house.observe("level", .number(20))
            try await hub.increment(level, by: 5, cause: .rule(name: "r", run: 1, depth: 1))
            #expect(house.wire.sent == ["set/level 25"])
            await #expect(throws: CommandError.invalidValue) {
                try await hub.increment(level, by: 500, cause: .client("test"))
            }
            #expect(try await house.test.last("lamp.level") == .number(20))
            await house.observe("power", .number(7))
            #expect(try await house.test.last("lamp.power") == .number(7))
        }
    }

    @Test func `a put from long ago moves nothing any more`() async throws {
        try await House.run { house in
            try await house.put("state", true, at: 1_699_996_400)
            #expect(house.wire.sent.isEmpty)
            #expect(try await house.command("state")?.outcome == .failed("it was put 1h ago and came too late"))
        }
    }

    @Test func `a put from long ago takes no newer command's place`() async throws {
        try await House.run { house in
            try await house.put("level", 5)
            try await house.put("level", 6, at: 1_699_996_400)
            #expect(house.outcomes.elements == [])
            #expect(try await house.command("level")?.value == .number(5))
            await house.observe("level", .number(5))
            #expect(house.outcomes.elements == [.reported(.number(5)), .reported(.number(5))])
            #expect(await house.test.hub.counters.failedCommands == 1)
        }
    }

    @Test func `a device that is told what it is may be silent, and the failure says so`() async throws {
        try await House.run { house in
            await house.observe("level", .number(7))
            try await house.put("level", 7)
            house.wire.answer()
            await house.test.hub.tick()
            await house.test.clock.advance(by: .seconds(10), for: house.test.hub)
            #expect(
                house.outcomes.elements == [.failed("no report within 10s; the key was already at that value")])
        }
    }

    @Test func `steps that come faster than reports add up`() async throws {
        try await House.run { house in
            let level = try house.test.name("lamp.level")
            await house.observe("level", .number(20))
            for _ in 0..<2 { try await house.test.hub.increment(level, by: 5, cause: .client("test")) }
            #expect(house.wire.sent == ["set/level 25", "set/level 30"])
            await house.observe("level", .number(30))
            try await house.test.hub.increment(level, by: -1, cause: .client("test"))
            #expect(house.wire.sent.last == "set/level 29")
        }
    }

    @Test func `a put to a deleted key of a device is a command too`() async throws {
        try await House.run { house in
            await house.observe("state", .boolean(false))
            try await house.test.hub.delete(house.test.name("lamp.state"))
            try await house.put("state", "on")
            #expect(house.wire.sent == ["set/state true"])
            #expect(try await house.test.hub.key(house.test.name("lamp.state"))?.type == .boolean)
            await house.observe("state", .boolean(true))
            #expect(house.outcomes.elements == [.reported(.boolean(true))])
            #expect(await house.test.hub.keyCount == 5)
        }
    }

    @Test func `a command is no change, and a key that goes ends what waits`() async throws {
        try await House.run { house in
            let inbox = Inbox()
            await house.test.hub.subscribe(try #require(inbox.subscriber), to: .pattern(.all), every: true)
            try await house.put("state", true)
            try await house.test.hub.delete(house.test.name("lamp.state"))
            await house.test.clock.advance(by: .seconds(10), for: house.test.hub)
            #expect(house.outcomes.elements == [.failed("the key was deleted")])
            #expect(inbox.take().isEmpty)
        }
    }

    @Test func `an unknown property is counted and left out`() async throws {
        try await House.run { house in
            await house.observe("colour", .number(1))
            let counters = await house.test.hub.counters
            #expect(counters.unknownProperties == 1)
            #expect(counters.deadLetters == 0)
        }
    }

    @Test func `a put of a key that is no device's is explained too`() async throws {
        try await House.run { house in
            try await house.test.put("a", 1)
            let hub = house.test.hub
            #expect(try await hub.putFault(house.test.name("a"), "x") == "a is numeric and cannot be \"x\"")
            #expect(try await hub.putFault(house.test.name("a"), 2) == nil)
            #expect(try await hub.command(2, to: house.test.name("a")) == nil)
        }
    }
}
