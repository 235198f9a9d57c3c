internal import ArgumentParser
internal import Komoku
internal import KomokuClient
internal import KomokuWire

struct RoomsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rooms", abstract: "List the rooms of the house and what is in them.",
        discussion: """
            Rooms are those of the section 'rooms' of the configuration, or are guessed from the names of devices and keys; what was
            changed in the web page counts more than either. --yaml prints them as a section 'rooms' for the configuration.
            """)

    @Flag(help: "Print the section 'rooms' of a configuration.")
    var yaml = false

    @OptionGroup var hub: HubOptions

    func validate() throws {
        if yaml, hub.json { throw ValidationError("--yaml and --json cannot be used together") }
    }

    func run() async throws {
        try await hub.withClient { client in
            let rooms = try await client.rooms()
            if hub.json {
                let answer: JSON = ["rooms": .array(rooms.map(\.json))]
                return Terminal.say(answer.text)
            }
            guard !rooms.isEmpty else {
                return Terminal.complain(
                    "no rooms: no device or key is called like one; name some in the section 'rooms' of the configuration"
                )
            }
            let names = Dictionary(try await client.devices().map { ($0.id, $0.name) }) { first, _ in first }
            let shown = RoomsShown(rooms, names: names)
            if yaml { return Terminal.say(shown.section) }
            Terminal.say(table: shown.lines(on: .standard))
        }
    }
}
