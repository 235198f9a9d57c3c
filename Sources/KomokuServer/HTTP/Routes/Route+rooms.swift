internal import KomokuWire
internal import NIOHTTP1

extension Parameter {
    fileprivate static let room = path("room", .text, "the id of the room: 1 to 64 of a-z, 0-9, _ and -")
}

extension Route {
    static let rooms: [Route] = [
        Route(
            method: .GET, path: PathTemplate("/api/rooms"), group: .rooms,
            title: "Lists the rooms of the house and what is in them", work: .command(.rooms), tool: "list_rooms"),
        Route(
            method: .DELETE, path: PathTemplate("/api/rooms"), group: .rooms,
            title: "Forgets what was changed: rooms are as the configuration says, or as guessed",
            work: .command(.resetRooms)),
        Route(
            method: .PUT, path: PathTemplate("/api/rooms/{room}"), group: .rooms,
            title: "Makes a room, or changes what is said of one",
            parameters: [
                .room, .body("name", .text, "what is shown"), .body("icon", .text, "a word for a picture; empty: none"),
                .body("order", .number, "a whole number by which rooms are listed"),
                .body("devices", .list, "all devices in it, by id, name or first part of their keys"),
                .body("keys", .list, "patterns of keys in it that are of no device, or names"),
            ], work: .command(.setRoom)),
        Route(
            method: .DELETE, path: PathTemplate("/api/rooms/{room}"), group: .rooms,
            title: "Removes a room; what was in it is in none", parameters: [.room], work: .command(.removeRoom)),
    ]
}
