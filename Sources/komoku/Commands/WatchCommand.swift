internal import ArgumentParser
internal import Glibc
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Show changes of keys as they happen, until you press Ctrl-C.",
        discussion: """
            On a terminal it is a table of the keys with their newest values, how often they change and their course of late; \
            with --changes, or where the output is no terminal, each change is a line.
            """)

    @Argument(help: "Which keys: 'kitchen.*', '**'. Quote it, or the shell takes the stars.", completion: .keys)
    var pattern = "**"

    @Flag(name: .customLong("init"), help: "Print the current value of each key first.")
    var initial = false

    @Flag(help: "Print every update, also when the value stays the same.")
    var every = false

    @Flag(help: "Print each change as a line, also on a terminal.")
    var changes = false

    @Option(help: "Stop after this many lines.")
    var count: Int?

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count expects 1 or more") }
    }

    func run() async throws {
        try pattern.checkedAsPattern()
        if !changes, !every, !initial, !hub.json, count == nil, LiveScreen.isThere { return try await showTable() }
        // Ctrl-C is how a watch ends; each line is out already.
        signal(SIGINT) { _ in _exit(0) }
        Terminal.endWhenNobodyReads()
        try await hub.withClient { client in
            var units = hub.json ? [:] : try await Self.units(of: pattern, client)
            try await tellIfNothing(client)
            if !hub.json { Terminal.tell(Terminal.dimError(LocalTime.remark)) }
            let watch = try await client.watch(pattern, initial: initial, every: every)
            var left = count ?? .max
            for await event in watch {
                switch event {
                case .item(let change):
                    if !hub.json, units[change.key] == nil {
                        units[change.key] = .some(try? await client.key(change.key)?.unit)
                    }
                    Terminal.say(
                        hub.json ? Shown.json(change).text : Shown.line(change, unit: units[change.key] ?? nil))
                    left -= 1
                    if left == 0 { return await watch.cancel() }
                case .disconnected:
                    Terminal.complain("the hub at \(client.address) is gone; waiting for it")
                case .reconnected:
                    Terminal.complain("the hub is back")
                }
            }
        }
    }

    private func showTable() async throws {
        try await hub.withClient { client in
            let live = LiveTable(WatchTable(pattern: pattern))
            let watch = try await client.watch(pattern, initial: false)
            live.begin(try await client.keys(matching: pattern))
            let drawing = Task { await live.run() }
            defer {
                drawing.cancel()
                live.close()
            }
            for await event in watch {
                switch event {
                case .item(let change):
                    if live.take(change) {
                        live.set(unit: try? await client.key(change.key)?.unit, of: change.key)
                    }
                case .disconnected: live.set(trouble: "the hub is gone; waiting for it")
                case .reconnected: live.set(trouble: nil)
                }
            }
        }
    }

    /// A name may be misspelt, or its device has not spoken yet: it is watched all the same.
    private func tellIfNothing(_ client: Client) async throws {
        guard try await client.keys(matching: pattern).isEmpty else { return }
        let isName = !pattern.contains("*")
        let fact = isName ? try await client.missing(pattern) : "no key matches '\(pattern.printable)'"
        Terminal.complain("\(fact); waiting until there is one")
    }

    private static func units(of pattern: String, _ client: Client) async throws -> [String: String?] {
        var units: [String: String?] = [:]
        for key in try await client.keys(matching: pattern) { units[key.name] = .some(key.unit) }
        return units
    }
}
