internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct DefineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "define", abstract: "Create a key with a type, or change its options.")

    @Argument(help: "The key: kitchen.temperature.", completion: .keys)
    var key: String

    @Option(
        help: "numeric, counter, boolean, uptime or string.", completion: .list(KeyType.allCases.map(\.rawValue)))
    var type: String

    @Option(help: "The unit of a number: W, °C.")
    var unit: String?

    @Option(help: "Decimals that a number keeps, 0 to 15.")
    var precision: Int?

    @Option(help: "How long an uptime key stays true without news: 90s.")
    var maxTime: String?

    @Option(help: "Without news for so long the key is stale: 10m.")
    var expectEvery: String?

    @Option(help: "'known' where the value holds by itself while nobody watches, else 'unknown'.")
    var throughOutage: String?

    @Option(help: "Equal values nearer than this are one point: 60s.")
    var sameValueResolution: String?

    @Option(help: "Values nearer than this replace each other: 1s.")
    var minResolution: String?

    @Option(help: "The texts that a string key takes: armed,disarmed.")
    var values: String?

    @Flag(help: "Every put is a change, equal ones too: a button.")
    var event = false

    @Flag(help: "A string key is a log: every put is a point.")
    var log = false

    @Option(help: "Of a log: the newest so many points stay.")
    var keep: Int?

    @Option(help: "Of a log: points stay so long: 30d.")
    var keepFor: String?

    @Option(help: "Of a counter: counter, derive (it may fall) or absolute (each reading is a gain).")
    var kind: String?

    @Option(help: "Of a counter: it rolls over to 0 at this number: 65536.")
    var modulus: Double?

    @Option(help: "Of a counter: what rises faster counts nothing: 20/h.")
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
            throw ValidationError("'\(text)' is no kind of counter; \(question)")
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
