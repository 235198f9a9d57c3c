internal import ArgumentParser
internal import Komoku
internal import KomokuClient

struct RepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair", abstract: "List a counter's outliers, and correct or remove a point.",
        discussion: """
            Without --remove, --set or --undo the readings are listed that are left out, corrected or taken for a reset, \
            of the last 30 days unless --since says otherwise. A point that is removed becomes a gap. The last 32 changes \
            of a key can be undone, one after the other.
            """)

    @Argument(help: "The key: house.energy.", completion: .keys)
    var key: String

    @OptionGroup var range: RangeOptions

    @Option(help: "Remove the point at that time.")
    var remove: String?

    @Option(parsing: .upToNextOption, help: "Correct a point: its time and the right value.")
    var set: [String] = []

    @Flag(help: "Take the last change back.")
    var undo = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        guard set.isEmpty || set.count == 2 else { throw ValidationError("--set expects a time and a value") }
        let changes = (remove == nil ? 0 : 1) + (set.isEmpty ? 0 : 1) + (undo ? 1 : 0)
        guard changes < 2 else { throw ValidationError("one of --remove, --set and --undo at a time") }
        _ = try remove.map(Self.time)
        _ = try set.first.map(Self.time)
    }

    func run() async throws {
        let change = try change()
        try await hub.withClient { client in
            guard let change else { return try await list(client) }
            let answer = try await client.repair(key, change)
            if hub.json { return Terminal.say(answer.text) }
            let time = answer["time"]?.number.flatMap(Timestamp.init(seconds:)).map { LocalTime.text($0) } ?? ""
            Terminal.say("the point of \(key.printable) at \(time) is changed")
        }
    }

    private static func time(_ text: String) throws -> Timestamp { try LocalTime.read(text, now: LocalTime.now) }

    private func change() throws -> JSON.Member? {
        if let remove { return JSON.Member("remove", .number(try Self.time(remove).seconds)) }
        if set.count == 2 {
            let value = PutCommand.json(set[1], asText: false)
            return JSON.Member("set", [.number(try Self.time(set[0]).seconds), value])
        }
        return undo ? JSON.Member("undo", true) : nil
    }

    private func list(_ client: Client) async throws {
        let (since, until) = try range.bounds()
        let month = (until ?? LocalTime.now) - .seconds(30 * 86_400)
        let outliers = try await client.outliers(of: key, since: since ?? month, until: until)
        if hub.json { return Terminal.say(JSON.array(outliers).text) }
        guard !outliers.isEmpty else { return Terminal.say("\(key.printable) has no outliers in this time") }
        Terminal.say(
            rows: outliers.map { outlier in
                let time = outlier["time"]?.number.flatMap(Timestamp.init(seconds:)).map { LocalTime.text($0) } ?? ""
                func number(_ name: String) -> String { outlier[name]?.number.map(DecimalNumber.text) ?? "-" }
                return [
                    time, outlier["kind"]?.string ?? "", number("before"), number("value"),
                    "increase " + number("increase"), "at " + number("time"),
                ]
            })
    }
}
