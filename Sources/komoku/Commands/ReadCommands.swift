internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Show the current value of a key.")

    @Argument(help: "The key: kitchen.temperature.", completion: .keys)
    var key: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.read(key, asJSON: hub.json)
            if !hub.json { Terminal.say(Shown.marked(Shown.value(found), found)) }
        }
    }
}

struct LastCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "last", abstract: "Show the current value of a key and when it was set.")

    @Argument(help: "The key: kitchen.temperature.", completion: .keys)
    var key: String

    @OptionGroup var hub: HubOptions

    func run() async throws {
        try await hub.withClient { client in
            let found = try await client.read(key, asJSON: hub.json)
            if hub.json { return }
            let time =
                found.time.map { "  \(LocalTime.text($0)) \(LocalTime.zoneName) (\(LocalTime.age(of: $0)))" } ?? ""
            Terminal.say(Shown.marked(Shown.value(found) + time, found))
        }
    }
}

extension Client {
    /// A key that has to be there; written at once where JSON is wanted, also when there is none.
    fileprivate func read(_ name: String, asJSON: Bool) async throws -> KeyDescription {
        let found = try await key(name)
        guard let found else { throw try await absent(name, members: Shown.json(name, nil).object ?? []) }
        if asJSON { Terminal.say(Shown.json(name, found).text) }
        return found
    }
}

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "List keys with their types and current values.")

    @Argument(help: "Which keys: 'kitchen.*', '**.temperature'.", completion: .keys)
    var pattern = "**"

    @OptionGroup var hub: HubOptions

    /// Columns of a value in the list; `get` prints the whole.
    private static let widestValue = 60

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
                [
                    key.name, key.type, Shown.value(key).fitting(Self.widestValue),
                    key.time.map { LocalTime.age(of: $0) } ?? "", key.isStale ? "stale" : "",
                ]
            }
            Terminal.say(lines: zip(Table.lines(rows), keys).map { $1.isStale ? Terminal.dim($0) : $0 })
        }
    }
}
