internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Set a key, or command a device.",
        discussion: """
            JSON numbers, true and false are sent as such; anything else is sent as text.

            Setting a device's key sends the device a command. The key changes once the device reports the new value; put waits \
            for that and tells you.

            A key that does not exist yet is created, and put says so. Among the keys of a device this is refused, because it is \
            most likely a typing mistake; use 'komoku define' to create a key there.
            """)

    @Argument(help: "The key: kitchen.lamp.", completion: .keys)
    var key: String

    /// One; a list only because that is how the parser lets `-5` through.
    @Argument(parsing: .allUnrecognized, help: ArgumentHelp("The value: 21.5, true, armed.", valueName: "value"))
    var values: [String]

    @Flag(help: "Send the value as text, whatever it looks like.")
    var text = false

    @Option(help: "The time of the value: 5m (ago), '2026-01-31 08:30' or seconds since 1970.")
    var time: String?

    @Flag(help: "For a device: print what would be published, and send nothing.")
    var dryRun = false

    @Flag(name: .customLong("no-wait"), help: "For a device: do not wait for it to report the new value.")
    var goesOn = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if dryRun, time != nil { throw ValidationError("--dry-run is for commands to devices, which have no --time") }
        _ = try time.map { try WrittenTime($0, now: LocalTime.now) }
        _ = try value()
    }

    private func value() throws -> String {
        // Behind `--` is no option, whatever it looks like.
        let marker = values.firstIndex(of: "--")
        if let option = values[..<(marker ?? values.endIndex)].first(where: { $0.hasPrefix("--") }) {
            throw ValidationError("Unknown option '\(option)'")
        }
        var values = values
        if let marker { values.remove(at: marker) }
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

    /// What the words of switches mean to a boolean key.
    private static let words: [String: JSON] = ["on": true, "off": false, "yes": true, "no": false]

    private enum Answer {
        case result(CommandResult)
        case message(DeviceMessage)
    }

    private func send(_ value: JSON, at time: Timestamp?, _ client: Client) async throws(ClientError) -> Answer {
        if dryRun { return .message(try await client.dryRun(key, value)) }
        return .result(try await client.command(key, value, at: time, waits: !goesOn))
    }

    /// What to try once more after the hub has refused a value: true where a boolean key refuses `on`.
    ///
    /// - Throws: a sentence, where there is nothing else to try.
    private func replacement(for value: JSON, after error: ClientError, _ client: Client) async throws -> JSON {
        guard error.code == CommandError.invalidValue.rawValue, let known = try await client.key(key) else {
            throw error
        }
        let word = text ? nil : value.string.flatMap { Self.words[$0.lowercased()] }
        if let word, KeyType(rawValue: known.type)?.isBoolean == true { return word }
        throw Failure(message: Self.refusal(of: value, by: known, error))
    }

    /// The hub's sentence, else what the key takes.
    private static func refusal(of value: JSON, by key: KeyDescription, _ error: ClientError) -> String {
        if case .refused(_, let message?) = error { return message.printable }
        let words = key.options.last { $0.name.utf8.elementsEqual("values".utf8) }?.value.array ?? []
        let choice = words.isEmpty ? "" : "; it takes " + words.compactMap(\.string).joined(separator: ", ")
        return "\(key.name) is \(key.type) and does not take \(value.text.printable)\(choice.printable)"
    }

    func run() async throws {
        let typed = try value()
        try key.checkedAsName()
        try await hub.withClient { client in
            let now = LocalTime.now
            let time = try time.map { try LocalTime.read($0, now: now, .newest(now)) }
            let isNew = try await client.isNew(key, creates: !dryRun)
            if !isNew, !dryRun { try await tellIfBrokerIsAway(client) }
            var value = Self.json(typed, asText: text)
            let start = LocalTime.now
            let answer: Answer
            do {
                answer = try await send(value, at: time, client)
            } catch let error as ClientError {
                value = try await replacement(for: value, after: error, client)
                answer = try await send(value, at: time, client)
            }
            switch answer {
            case .message(let message): show(message)
            case .result(let result):
                var shown = CommandShown(key: key, typed: typed, value: value, result: result)
                shown.elapsed = LocalTime.now - start
                if case .differs = result { shown.unit = try? await client.key(key)?.unit }
                try show(shown)
                guard isNew, !hub.json, let made = try? await client.key(key) else { return }
                Terminal.complain("\(key.printable) is a new key, \(made.type)")
            }
        }
    }

    /// A command to a device waits for the broker a little, and fails then: it is told at once what it waits for.
    private func tellIfBrokerIsAway(_ client: Client) async throws {
        guard try await client.key(key)?.isWritable == true,
            let trouble = (try? await client.identity())?.brokerTrouble
        else { return }
        Terminal.complain("\(trouble.printable); the command waits a few seconds for the broker, then it fails")
    }

    private func show(_ shown: CommandShown) throws {
        if shown.isFailure {
            throw Failure(message: shown.line ?? "", word: "failed", members: shown.json.object ?? [])
        }
        if hub.json { Terminal.say(shown.json.text) }
        if shown.result == .put(stored: false) {
            Terminal.complain("accepted, but the hub cannot store anything at the moment")
        }
        if let line = shown.line, !hub.json { Terminal.say(line) }
    }

    private func show(_ message: DeviceMessage) {
        Terminal.say(hub.json ? message.shown.text : "\(message.topic.printable) \(message.payload.printable)")
    }
}

extension Client {
    /// Whether a put would create the key.
    ///
    /// - Throws: `Failure` with a suggestion, where it may not.
    fileprivate func isNew(_ name: String, creates: Bool) async throws -> Bool {
        if try await key(name) != nil { return false }
        guard creates else { throw try await absent(name) }
        guard let device = try await device(around: name) else { return true }
        let question = Suggestion.question(for: name, in: device.properties.map(\.key))
        let remedy = question ?? "'komoku devices show \(device.name)' lists them"
        throw Failure(message: "'\(device.name)' has no key '\(name)'; \(remedy)".printable)
    }

    /// The device whose keys begin as this one does.
    private func device(around name: String) async throws(ClientError) -> Device? {
        var prefix = name[...]
        while let dot = prefix.lastIndex(of: ".") {
            prefix = prefix[..<dot]
            do {
                let found = try await device(String(prefix))
                let begins = { (key: String) in key.utf8.starts(with: "\(prefix).".utf8) }
                if found.properties.contains(where: { $0.isPresent && begins($0.key) }) { return found }
            } catch {
                guard case .refused = error else { throw error }
            }
        }
        return nil
    }
}
