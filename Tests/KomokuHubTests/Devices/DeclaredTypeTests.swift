import Komoku
import KomokuTesting
import Testing

@testable import KomokuHub

/// Properties whose type was guessed, on keys whose type somebody declared: the values mean what the key's type makes of
/// them, as in a mapping.
@Suite struct DeclaredTypeTests {
    enum Moment: CaseIterable {
        /// `keys:` says the type, from the start.
        case keys
        /// The guess was right at first; the key was given options, and then the guess widened.
        case define
        /// As `keys`, but the hub starts again between any two values.
        case restart
    }

    /// What the source guessed, what it makes of each message, and the history of the key.
    private static let rows: [(type: KeyType, guess: KeyType, values: [JSON], history: [String], letters: UInt64)] = [
        (.boolean, .numeric, [0, 1, 0], ["false", "true", "false"], 0),
        (.boolean, .numeric, [1, 2, 0], ["true", "false"], 1),
        (
            .boolean, .string,
            ["ON", "standby", "OFF", " on ", "off", "yes", "no", "open", "Closed", "1", "0", "true"],
            ["true", "false", "true", "false", "true", "false", "true", "false", "true", "false", "true"], 1
        ),
        (.numeric, .string, ["4", "high", "5.50", "+6", "7e1"], ["4", "5.5", "6", "70"], 1),
        (.counter, .string, ["4", "5"], ["4", "5"], 0),
        (.numeric, .boolean, [true], [], 1),
        (.string, .numeric, [4, 2.5], ["4", "2.5"], 0),
        (.string, .boolean, [true, false], ["true", "false"], 0),
        (.uptime, .numeric, [153, 0, 1], ["true", "false", "true"], 0),
        (
            .uptime, .string, ["ready", "offline", "online", "OFF", "ON"], ["true", "false", "true", "false", "true"], 0
        ),
    ]

    @Test(arguments: rows.indices, Moment.allCases)
    func `a value of a guessed type is read as the declared type of its key`(_ row: Int, _ moment: Moment) async throws
    {
        let (type, guess, values, history, letters) = Self.rows[row]
        // A counter is made by the configuration alone.
        if moment == .define, type == .counter || type == .uptime { return }
        try await DeviceHouse.run {
            if moment == .define { return }
            $0.keys.append(.init(pattern: try KeyPattern(validating: "a.x"), type: type, options: []))
        } _: { house in
            if moment == .define {
                await house.apply(Self.device(type))
                try await house.test.define("a.x", type.rawValue, [JSON.Member("same_value_resolution", 0)])
            }
            await house.apply(Self.device(guess))
            var refused: UInt64 = 0
            for value in values {
                await house.observe("a", "x", value)
                guard moment == .restart else { continue }
                refused += UInt64(await house.hub.counters.refused)
                try house.restart()
            }
            #expect(await house.names() == ["a.x"])
            #expect(try await house.hub.key(house.test.name("a.x"))?.type == type)
            #expect(try await house.history("a.x") == history)
            #expect(refused + UInt64(await house.hub.counters.refused) == letters)
        }
    }

    @Test func `the options of the key count for what was read as its type`() async throws {
        try await DeviceHouse.run {
            let options = [JSON.Member("precision", 1)]
            $0.keys.append(.init(pattern: try KeyPattern(validating: "a.x"), type: .numeric, options: options))
        } _: { house in
            await house.apply(Self.device(.string))
            await house.observe("a", "x", "+2.345")
            let history = try await house.history("a.x")
            #expect(history == ["2.3"])
        }
    }

    @Test func `a value of a type that a device announced is not read as another`() async throws {
        try await DeviceHouse.run { house in
            await house.apply(DeviceDescription("a", "a", with: [PropertyDescription("x", .boolean)]))
            await house.observe("a", "x", 1)
            await house.observe("a", "x", "ON")
            #expect(await house.hub.counters.refused == 2)
        }
    }

    private static func device(_ guess: KeyType) -> DeviceDescription {
        var property = PropertyDescription("x", guess)
        property.isGuessed = true
        return DeviceDescription("a", "a", with: [property])
    }
}
