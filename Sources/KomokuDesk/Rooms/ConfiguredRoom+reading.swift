internal import Komoku
package import KomokuYAML
internal import KomokuWire

extension ConfiguredRoom {
    /// Reads the section `rooms`; what is wrong goes to the reader's report.
    package static func read(_ settings: SettingsReader) -> [ConfiguredRoom] {
        guard let section = settings.mapping("rooms") else { return [] }
        let rooms = section.entries.compactMap { entry -> ConfiguredRoom? in
            guard let id = entry.key.value(.roomID) else { return nil }
            return room(id, entry.value)
        }
        if rooms.count > RoomBook.most { section.error("there are more than \(RoomBook.most) rooms") }
        return rooms
    }

    private static func room(_ id: String, _ setting: Setting) -> ConfiguredRoom? {
        guard let reader = setting.reader() else { return nil }
        defer { reader.finish() }
        let words = id.split { $0 == "_" || $0 == "-" }.joined(separator: " ")
        var room = ConfiguredRoom(
            id: id, name: reader.value("name", .nonEmptyString) ?? words.prefix(1).uppercased() + words.dropFirst())
        room.icon = reader.value("icon", .roomIcon)
        if reader.has("devices") { room.devices = reader.list("devices", of: .nonEmptyString) }
        if reader.has("keys") { room.keys = reader.list("keys", of: .keyPattern).map { "\($0)" } }
        return room
    }
}

extension SettingType where Value == String {
    fileprivate static var roomID: SettingType { word("the id of a room, such as 'living_room'") }
    fileprivate static var roomIcon: SettingType { word("a word for a picture, such as 'bed'") }

    private static func word(_ expectation: String) -> SettingType {
        .text(expectation) { text throws(Setting.Invalid) in
            if DocumentName.isOne(text) { return text }
            throw Setting.Invalid(
                "it has other characters than a-z, 0-9, _ and -, or more than \(DocumentName.mostBytes)",
                remedy: RoomName.id(of: text).map { "write '\($0)'; 'name' is what is shown" })
        }
    }
}
