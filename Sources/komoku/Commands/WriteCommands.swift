internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Put a value to a key; an unknown key is created.",
        discussion: "A value that is a JSON number, true or false is sent as such, everything else as text.")

    @Argument(help: "The key: kitchen.lamp.", completion: .keys)
    var key: String

    /// One; a list only because that is how the parser lets `-5` through.
    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("The value: 21.5, true, armed.", valueName: "value"))
    var values: [String]

    @Flag(help: "Send the value as text, whatever it looks like.")
    var text = false

    @Option(help: "When it was so: 5m (ago), '2026-01-31 08:30' or seconds since 1970.")
    var time: String?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        _ = try time.map { try LocalTime.read($0) }
        _ = try value()
    }

    private func value() throws -> String {
        if let option = values.first(where: { $0.hasPrefix("--") }) {
            throw ValidationError("Unknown option '\(option)'")
        }
        guard values.count == 1, let value = values.first else {
            throw ValidationError("put takes one value; quote it where it has spaces")
        }
        return value
    }

    /// The value as it is sent.
    static func json(_ value: String, asText: Bool) -> JSON {
        guard !asText, let json = try? JSON(parsing: value) else { return .string(value) }
        switch json {
        case .number, .bool: return json
        case .string(let text): return .string(text)
        case .null, .array, .object: return .string(value)
        }
    }

    private func put(_ value: JSON, at time: Timestamp?, _ client: Client) async throws -> Bool {
        try key.checkedAsName()
        do throws(ClientError) {
            return try await client.put(key, value, at: time)
        } catch {
            guard error.code == CommandError.invalidValue.rawValue, let known = try await client.key(key) else {
                throw error
            }
            let words = known.options.last { $0.name.utf8.elementsEqual("values".utf8) }?.value.array ?? []
            let choice = words.isEmpty ? "" : "; it takes " + words.compactMap(\.string).joined(separator: ", ")
            throw Failure(message: "\(key) is \(known.type) and does not take \(value.text.printable)\(choice)")
        }
    }

    func run() async throws {
        let value = Self.json(try value(), asText: text)
        let time = try time.map { try LocalTime.read($0) }
        try await hub.withClient { client in
            let stored = try await put(value, at: time, client)
            if hub.json {
                let answer: JSON = ["key": .string(key), "value": value, "stored": .bool(stored)]
                Terminal.say(answer.text)
            }
            if !stored { Terminal.complain("komoku: accepted, but the hub cannot store anything at the moment") }
        }
    }
}

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
        add("same_value_resolution", try sameValueResolution.map(Self.seconds))
        add("min_resolution", try minResolution.map(Self.seconds))
        add("values", values.map { .array($0.split(separator: ",").map { .string(String($0)) }) })
        if event { add("event", true) }
        if log { add("log", true) }
        add("keep", keep.map { .number(Double($0)) })
        add("keep_for", try keepFor.map(Self.seconds))
        return (type, options)
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
        commandName: "delete", abstract: "Delete a key with its whole history.")

    @Argument(help: "The key.", completion: .keys)
    var key: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            do {
                try await client.delete(key)
            } catch ClientError.refused(.invalidKey, _) {
                throw Failure(message: try await client.missing(key))
            }
            if hub.json {
                let answer: JSON = ["key": .string(key), "deleted": true]
                Terminal.say(answer.text)
            }
        }
    }
}
