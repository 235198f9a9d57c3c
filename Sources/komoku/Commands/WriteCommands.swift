internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct DefineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "define", abstract: "Create a key with a type, or change its options.")

    @Argument(help: "The key, such as kitchen.temperature.", completion: .keys)
    var key: String

    @Option(
        help: "One of numeric, counter, boolean, uptime or string.", completion: .list(KeyType.allCases.map(\.rawValue))
    )
    var type: String

    @Option(help: "The unit of a number, such as W or °C.")
    var unit: String?

    @Option(help: "How many decimals are kept, 0 to 15.")
    var precision: Int?

    @Option(help: "How long an uptime key stays true without an update, such as 90s.")
    var maxTime: String?

    @Option(help: "The key is stale after this long without an update, such as 10m.")
    var expectEvery: String?

    @Option(help: "Whether the value is taken for known while the hub or the broker is down: known or unknown.")
    var throughOutage: String?

    @Option(help: "Store an equal value only after this time, such as 60s.")
    var sameValueResolution: String?

    @Option(help: "Within this time a new value replaces the one before, such as 1s.")
    var minResolution: String?

    @Option(help: "The values that a string key accepts, such as armed,disarmed.")
    var values: String?

    @Flag(help: "Every put counts as an event, even if the value is the same: for buttons.")
    var event = false

    @Flag(help: "Store every put to this string key, as in a log.")
    var log = false

    @Option(help: "For a log: keep only this many of the newest entries.")
    var keep: Int?

    @Option(help: "For a log: keep entries for this long, such as 30d.")
    var keepFor: String?

    @Option(help: "For a counter: counter, derive (it may also fall) or absolute (it restarts at 0 with each reading).")
    var kind: String?

    @Option(help: "For a counter: the number at which it rolls over to 0, such as 65536.")
    var modulus: Double?

    @Option(help: "For a counter: ignore faster increases, such as 20/h.")
    var maxRate: String?

    @OptionGroup var hub: HubOptions

    func validate() throws { _ = try definition() }

    func definition() throws -> (type: KeyType, options: [JSON.Member]) {
        guard let type = KeyType(rawValue: type) else {
            let types = KeyType.allCases.map(\.rawValue)
            let question = Suggestion.question(for: type, in: types) ?? "known are \(types.joined(separator: ", "))"
            throw ValidationError("'\(type)' is no type; \(question)")
        }
        var options: [JSON.Member] = []
        func add(_ name: String, _ value: JSON?) {
            if let value { options.append(JSON.Member(name, value)) }
        }
        add("unit", unit.map { .string($0) })
        add("precision", precision.map { .number(Double($0)) })
        add("max_time", try maxTime.map(Self.seconds))
        add("expect_every", try expectEvery.map(Self.seconds))
        add("through_outage", throughOutage.map { .string($0) })
        add("same_value_resolution", try sameValueResolution.map(Self.seconds))
        add("min_resolution", try minResolution.map(Self.seconds))
        add("values", values.map { .array($0.split(separator: ",").map { .string(String($0)) }) })
        add("kind", try kind.map(Self.kind))
        add("modulus", modulus.map { .number($0) })
        add("max_rate", try maxRate.map(Self.rate))
        if event { add("event", true) }
        if log { add("log", true) }
        add("keep", keep.map { .number(Double($0)) })
        add("keep_for", try keepFor.map(Self.seconds))
        return (type, options)
    }

    private static func kind(_ text: String) throws -> JSON {
        guard CounterKind(rawValue: text) != nil else {
            let kinds = CounterKind.allCases.map(\.rawValue)
            let question = Suggestion.question(for: text, in: kinds) ?? "known are \(kinds.joined(separator: ", "))"
            throw ValidationError("'\(text)' is not a kind of counter; \(question)")
        }
        return .string(text)
    }

    private static func rate(_ text: String) throws -> JSON {
        guard CounterRate(parsing: text) != nil else {
            throw ValidationError("'\(text)' is no rate; write 20/h, 0.5/s")
        }
        return .string(text)
    }

    private static func seconds(_ text: String) throws -> JSON {
        do throws(Komoku.Duration.Invalid) {
            return .number(try Komoku.Duration(parsing: text).seconds)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let (type, options) = try definition()
        try key.checkedAsName()
        try await hub.withClient { client in
            try await client.define(key, type: type, options: options)
            if hub.json {
                let answer: JSON = [
                    "key": .string(key), "type": .string(type.rawValue), "opts": .object(options),
                ]
                Terminal.say(answer.text)
            }
        }
    }
}

struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a key and its whole history.",
        discussion: "This cannot be undone. On a terminal you are asked first.")

    @Argument(help: "The key.", completion: .keys)
    var key: String

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            _ = try await client.required(key)
            let question = "\(key.printable) and its whole history will be deleted. Go on? [y/N] "
            guard yes || Terminal.confirms(question) else { throw Failure(message: "cancelled; nothing was changed") }
            do {
                try await client.delete(key)
            } catch ClientError.refused(.invalidKey, _) {
                throw try await client.absent(key)
            }
            if hub.json {
                let answer: JSON = ["key": .string(key), "deleted": true]
                Terminal.say(answer.text)
            } else {
                Terminal.say("\(key.printable) is deleted, with its history")
            }
        }
    }
}
