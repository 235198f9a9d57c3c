internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct DevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "devices", abstract: "List devices, show one, replace one, or remove one that is gone.",
        subcommands: [
            ListDevicesCommand.self, ShowDeviceCommand.self, ReplaceDeviceCommand.self, ForgetDeviceCommand.self,
        ],
        defaultSubcommand: ListDevicesCommand.self)

    static var words: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }
}

struct ListDevicesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all devices that were found.")

    @Flag(help: "List features of devices that cannot be used, and why.")
    var unsupported = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let devices = try await client.devices()
            if unsupported { return list(unsupportedOf: devices) }
            if hub.json {
                let answer: JSON = ["devices": .array(devices.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !devices.isEmpty else {
                return Terminal.complain("no devices found yet; 'komoku discover' shows what is at a broker")
            }
            // People look for a name wherever its capitals are.
            let sorted = devices.sorted { $0.name.lowercased() < $1.name.lowercased() }
            Terminal.say(table: DevicesShown(sorted, now: LocalTime.now).lines(on: .standard), dim: \.isStale, sorted)
        }
    }

    private func list(unsupportedOf devices: [Device]) {
        let items = devices.flatMap { device in device.unsupported.map { (device: device, item: $0) } }
        if hub.json {
            let list = items.map { entry -> JSON in
                [
                    "device": .string(entry.device.id), "name": .string(entry.device.name),
                    "what": .string(entry.item.what), "reason": .string(entry.item.reason),
                ]
            }
            let answer: JSON = ["unsupported": .array(list)]
            return Terminal.say(answer.text)
        }
        if items.isEmpty { return Terminal.complain("all features of all devices can be used") }
        Terminal.say(table: DevicesShown.lines(unsupported: items, on: .standard))
    }
}

struct ShowDeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one device: its keys, their values and the values they accept.")

    @Argument(help: "The device: its name, its id, or the first part of its keys.", completion: .devices)
    var device: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.required(device: device)
            if hub.json { return Terminal.say(found.json.text) }
            let shown = DeviceShown(found, now: LocalTime.now)
            Terminal.say(lines: shown.heading(on: .standard))
            let blocks = shown.properties(on: .standard)
            let rows = zip(blocks.dropFirst(), found.properties).flatMap { lines, property in
                property.isStale ? lines.map(Terminal.dim) : lines
            }
            Terminal.say(table: (blocks.first ?? []) + rows)
        }
    }
}

struct ReplaceDeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Let a new device take over the keys of a dead one: names, history, and what rules do with them.",
        discussion: """
            The new device must be paired, and the old one removed or offline. What both can do goes on under the names of the             old one; what the new one has said so far becomes part of that history. What the old one had and the new one has             not stays, without news. It is refused where types or units differ. On a terminal it asks first.
            """)

    @Argument(help: "The dead device: its name, its id or the first part of its keys.", completion: .devices)
    var old: String

    @Argument(help: "The new device.", completion: .devices)
    var new: String

    @Flag(name: .shortAndLong, help: "Do not ask for confirmation.")
    var yes = false

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let (dead, fresh) = (try await client.required(device: old), try await client.required(device: new))
            let question =
                "\(fresh.name.printable) takes over the keys of \(dead.name.printable), which is removed. Go on? [y/N] "
            guard yes || Terminal.confirms(question) else { throw Failure(message: "cancelled; nothing was changed") }
            let answer = try await client.replace(dead.id, with: fresh.id)
            if hub.json { return Terminal.say(answer.json.text) }
            Terminal.say("\(fresh.name.printable) took the place of \(dead.name.printable):")
            for key in answer.keys { Terminal.say("  \(key.printable)") }
            for key in answer.left {
                Terminal.say("  \(key.printable) stays without news: the new device has no such property")
            }
        }
    }
}

struct ForgetDeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Remove a device that is gone from the list; its keys and their history are kept.")

    @Argument(help: "The device: its name, its id, or the first part of its keys.", completion: .devices)
    var device: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.required(device: device)
            try await client.forget(found.id)
            if hub.json {
                let answer: JSON = ["device": .string(found.id), "name": .string(found.name), "forgotten": true]
                return Terminal.say(answer.text)
            }
            let keys = found.properties.count
            let rest = keys == 0 ? "" : "; its \(keys) \(keys == 1 ? "key stays" : "keys stay") until they are deleted"
            Terminal.say("\(found.name.printable) is forgotten\(rest)")
        }
    }
}

extension Client {
    /// A device that has to be there.
    ///
    /// - Throws: `Failure` with a suggestion where it is not.
    fileprivate func required(device text: String) async throws -> Device {
        do throws(ClientError) {
            return try await device(text)
        } catch {
            guard error.code == CommandError.invalidKey.rawValue else { throw error }
            let names = try await devices().map(\.name)
            let question = names.contains(text) ? nil : Suggestion.question(for: text, in: names)
            let message = [error.description, question].compactMap(\.self).joined(separator: "; ").printable
            throw Failure(message: message, word: CommandError.invalidKey.rawValue)
        }
    }
}

extension CompletionKind {
    /// The names of devices, where the hub of `KOMOKU_SERVER` answers in time.
    static var devices: CompletionKind {
        .custom { words, _, _ in await HubNames.devices.list(for: words) }
    }
}

extension Terminal {
    /// Writes a table; rows of what is marked are dim.
    fileprivate static func say<Row>(table lines: [String], dim isMarked: (Row) -> Bool, _ rows: [Row]) {
        let shown = zip(lines.dropFirst(), rows).map { line, row in isMarked(row) ? dim(line) : line }
        say(table: lines.prefix(1) + shown)
    }
}
