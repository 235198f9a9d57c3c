internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Print the newest value of a key.")

    @Argument(help: "The key: kitchen.temperature.")
    var key: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.read(key, asJSON: hub.json)
            if !hub.json { Terminal.say(Shown.value(found)) }
        }
    }
}

struct LastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last", abstract: "Print the newest value of a key and its time.")

    @Argument(help: "The key: kitchen.temperature.")
    var key: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.read(key, asJSON: hub.json)
            if hub.json { return }
            let time = found.time.map { "  \(LocalTime.text($0)) (\(LocalTime.age(of: $0)))" } ?? ""
            Terminal.say(Shown.value(found) + time)
        }
    }
}

extension Client {
    /// A key that has to be there; written at once where JSON is wanted, also when there is none.
    fileprivate func read(_ name: String, asJSON: Bool) async throws -> KeyDescription {
        let found = try await key(name)
        if asJSON { Terminal.say(Shown.json(name, found).text) }
        if let found { return found }
        throw Failure(message: try await missing(name))
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "List keys with their types and newest values.")

    @Argument(help: "Which keys: 'kitchen.*', '**.temperature'.")
    var pattern = "**"

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try pattern.checkedAsPattern()
        try await hub.withClient { client in
            guard !hub.json else {
                let query: JSON = ["match": .string(pattern), "include": ["value", "time"]]
                Terminal.say(try await client.request("keys", query).text)
                return
            }
            let keys = try await client.keys(matching: pattern)
            if keys.isEmpty { Terminal.complain("no key matches '\(pattern.printable)'") }
            let rows = keys.map { key in
                [key.name, key.type, Shown.value(key), key.time.map { LocalTime.age(of: $0) } ?? ""]
            }
            Terminal.say(rows: rows)
        }
    }
}

struct HistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Print the stored points of a key, oldest first.",
        discussion:
            "Times are durations before now (90s, 1h, 2d), dates (2026-01-31, '2026-01-31 08:30') or seconds since 1970."
    )

    @Argument(help: "The key: kitchen.temperature.")
    var key: String

    @Option(help: "Only points after this time.")
    var since: String?

    @Option(help: "Only points before this time.")
    var until: String?

    @Option(help: "At most so many points, the newest; 1 to 10000.")
    var limit: Int?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if let limit, !(1...10_000).contains(limit) { throw ValidationError("--limit expects 1 to 10000") }
        _ = try bounds()
    }

    private func bounds() throws -> (since: Timestamp?, until: Timestamp?) {
        (try since.map { try LocalTime.read($0) }, try until.map { try LocalTime.read($0) })
    }

    func run() async throws {
        let (since, until) = try bounds()
        try await hub.withClient { client in
            guard let found = try await client.key(key) else {
                if hub.json { Terminal.say("[]") }
                throw Failure(message: try await client.missing(key))
            }
            let points = try await client.history(key, since: since, until: until, limit: limit)
            if hub.json {
                let items = points.map { JSON.array([.number($0.time.seconds), $0.value]) }
                Terminal.say(JSON.array(items).text)
            } else {
                Terminal.say(rows: points.map { [LocalTime.text($0.time), Shown.value($0.value, unit: found.unit)] })
            }
        }
    }
}

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store", abstract: "Say how much the hub keeps and whether keeping works.")

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let report = try await client.request("store", [:])
            if hub.json {
                Terminal.say(report.text)
            } else {
                Terminal.say(rows: Shown.rows(of: report))
            }
        }
    }
}
