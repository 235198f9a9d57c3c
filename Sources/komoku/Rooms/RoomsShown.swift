internal import Komoku
internal import KomokuWire

/// Rooms as a table, and as a section of the configuration.
struct RoomsShown {
    private let rooms: [RoomDescription]
    /// Of devices by their ids.
    private let names: [String: String]

    init(_ rooms: [RoomDescription], names: [String: String]) { (self.rooms, self.names) = (rooms, names) }

    func lines(on screen: Screen) -> [String] {
        let columns = [
            TextTable.Column(title: "room", cells: rooms.map(\.room.printable), isRight: false),
            TextTable.Column(title: "name", cells: rooms.map(\.name.printable), isRight: false),
            TextTable.Column(title: "devices", cells: rooms.map { Numbers.grouped($0.devices.count) }),
            TextTable.Column(
                title: "keys", cells: rooms.map { $0.keys.joined(separator: " ").printable }, isRight: false),
            TextTable.Column(title: "from", cells: rooms.map(\.source.rawValue), isRight: false),
        ]
        return TextTable(columns: columns).lines(on: screen)
    }

    // MARK: YAML

    /// The section `rooms`, without a line feed at its end. By ids devices are found whatever they are called later.
    var section: String {
        (["rooms:"] + rooms.flatMap(Self.lines(names))).joined(separator: "\n")
    }

    private static func lines(_ names: [String: String]) -> (RoomDescription) -> [String] {
        { room in
            var lines = ["  \(key(room.room)):", "    name: \(quoted(room.name))"]
            if let icon = room.icon { lines.append("    icon: \(quoted(icon))") }
            if room.devices.isEmpty { lines.append("    devices: []") } else { lines.append("    devices:") }
            for device in room.devices {
                let name = names[device].flatMap { $0.utf8.elementsEqual(device.utf8) ? nil : $0 }
                lines.append("      - \(quoted(device))" + (name.map { "  # \($0.printable)" } ?? ""))
            }
            lines.append("    keys: [\(room.keys.map(quoted).joined(separator: ", "))]")
            return lines
        }
    }

    /// A plain word, unless it would be read as a number or something else.
    private static func key(_ id: String) -> String {
        let isWord = id.first.map { $0.isLetter } ?? false
        return isWord && !["null", "true", "false"].contains(id) ? id : quoted(id)
    }

    /// A text of JSON is one of YAML, but for what stands for the environment.
    private static func quoted(_ text: String) -> String {
        JSON.string(text).text.replacing("${", with: "$${")
    }
}
