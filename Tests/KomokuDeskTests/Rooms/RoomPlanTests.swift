import Komoku
import KomokuTesting
import KomokuWire
import Testing

@testable import KomokuDesk

/// What the configuration says of rooms, what was changed, and what there is, together.
@Suite struct RoomPlanTests {
    private static let devices = [("0x1", "kitchen_lamp"), ("0x2", "Hall lamp"), ("0x3", "Hall motion"), ("0x4", "tv")]
        .map {
            RoomPlan.NamedDevice(id: $0.0, name: $0.1, part: $0.1.lowercased().replacing(" ", with: "_"))
        }

    private static func plan(
        _ configured: [ConfiguredRoom] = [], _ changes: [String: RoomChange] = [:], keys: [String] = ["kitchen.lux"]
    ) -> RoomPlan {
        RoomPlan(configured: configured, changes: changes, devices: devices, keys: keys.compactMap { KeyName($0) })
    }

    private static func room(_ id: String, _ devices: [String]? = nil, keys: [String]? = nil) -> ConfiguredRoom {
        var room = ConfiguredRoom(id: id, name: id)
        (room.devices, room.keys) = (devices, keys)
        return room
    }

    @Test func withoutAConfigurationRoomsAreGuessed() {
        let rooms = Self.plan().rooms
        #expect(rooms.map(\.room) == ["hall", "kitchen"] && rooms.map(\.order) == [0, 1])
        #expect(rooms.allSatisfy { $0.source == .guessed })
        #expect(rooms[1].devices == ["0x1"] && rooms[1].keys == ["kitchen.**"])
    }

    @Test func theConfigurationTakesTheirPlace() {
        let rooms = Self.plan([
            Self.room("den", ["tv", "Hall lamp", "not there yet"]), Self.room("kitchen"), Self.room("void", []),
        ]).rooms
        #expect(rooms.map(\.room) == ["den", "kitchen", "void"])
        #expect(rooms[0].devices == ["0x4", "0x2", "not there yet"])
        #expect(
            rooms[1].devices == ["0x1"] && rooms[1].keys == ["kitchen.**"],
            "named without more, it has what is called so")
        #expect(rooms[2].devices.isEmpty && rooms.allSatisfy { $0.source == .configuration })
    }

    @Test func whatWasChangedWinsAndADeviceIsInOneRoom() throws {
        let book = RoomBook()
        func apply(_ text: String) throws {
            let command = try Command(.setRoom, try JSON(parsing: text), version: .v2)
            guard case .setRoom(let request) = command else { return }
            var plan = book.plan
            (plan.devices, plan.keys) = (Self.devices, [])
            try book.set(request, plan)
        }
        func rooms() -> [RoomDescription] {
            var plan = book.plan
            (plan.devices, plan.keys) = (Self.devices, [])
            return plan.rooms
        }
        try apply(#"{"room":"den","name":"Den","icon":"tv","devices":["tv","Hall lamp"]}"#)
        #expect(rooms().map(\.room) == ["hall", "kitchen", "den"])
        #expect(rooms().map(\.devices) == [["0x3"], ["0x1"], ["0x4", "0x2"]])
        #expect(rooms().map(\.source) == [.guessed, .guessed, .changed])
        try apply(#"{"room":"hall","name":"Entrance","devices":["0x2","0x3"]}"#)
        #expect(rooms().first { $0.room == "hall" }?.name == "Entrance")
        #expect(rooms().first { $0.room == "den" }?.devices == ["0x4"])
        try apply(#"{"room":"kitchen","order":-1}"#)
        #expect(rooms().map(\.room) == ["kitchen", "hall", "den"])
        try apply(#"{"room":"den","icon":""}"#)
        #expect(rooms().last?.icon == nil)
        #expect(throws: Refusal.self) { try book.remove("attic", book.plan) }
        var plan = book.plan
        plan.devices = Self.devices
        try book.remove("hall", plan)
        #expect(rooms().map(\.room) == ["kitchen", "den"])
        try apply(#"{"room":"hall"}"#)
        #expect(rooms().first { $0.room == "hall" }?.devices == ["0x2", "0x3"], "made anew, it has what is called so")
        try book.reset()
        #expect(rooms() == Self.plan(keys: []).rooms)
    }

    @Test func aDeviceThatThereIsNotIsRefused() throws {
        let book = RoomBook([Self.room("hall", ["0x9"])])
        var plan = book.plan
        plan.devices = Self.devices
        func apply(_ devices: [String]) throws {
            var request = SetRoomRequest()
            (request.room, request.devices) = ("den", devices)
            try book.set(request, plan)
        }
        #expect(throws: Refusal.self) { try apply(["0x1", "lmap"]) }
        try apply(["0x1"])
        // One that is in a room and was removed from the house, as a dead battery brings about, can be moved.
        try apply(["0x1", "0x9"])
    }

    /// Whatever is said, a device is in at most one room, ids are told once, and the order is that of `order`.
    @Test(arguments: 0..<40) func noDeviceIsInTwoRooms(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let ids = ["hall", "kitchen", "den", "attic"]
        func some(_ devices: [String]) -> [String] { devices.filter { _ in Bool.random(using: &random) } }
        let known = ["0x1", "0x2", "0x3", "0x4"]
        // The configuration may name what has yet to come.
        let configured = ids.filter { _ in Bool.random(using: &random) }.map { Self.room($0, some(known + ["x"])) }
        let book = RoomBook(configured)
        var chosen: [String: String] = [:]
        for _ in 0..<12 {
            var plan = book.plan
            (plan.devices, plan.keys) = (Self.devices, [])
            var request = SetRoomRequest()
            request.room = ids.randomElement(using: &random) ?? ""
            request.order = Bool.random(using: &random) ? Int.random(in: -3...3, using: &random) : nil
            if Bool.random(using: &random) {
                let devices = some(known)
                for device in chosen.filter({ $0.value == request.room }).keys { chosen[device] = nil }
                for device in devices { chosen[device] = request.room }
                request.devices = devices
            }
            try book.set(request, plan)
            plan = book.plan
            (plan.devices, plan.keys) = (Self.devices, [])
            let rooms = plan.rooms
            let all = rooms.flatMap(\.devices)
            #expect(Set(all).count == all.count && Set(rooms.map(\.room)).count == rooms.count)
            #expect(rooms.map(\.order) == rooms.map(\.order).sorted())
            for (device, room) in chosen { #expect(rooms.first { $0.devices.contains(device) }?.room == room) }
        }
    }

    @Test func aKeyIsInTheRoomThatNamesItThenInItsDevicesThenByItsPattern() throws {
        let plan = Self.plan([
            Self.room("kitchen", ["kitchen_lamp"], keys: ["kitchen.**"]),
            Self.room("hall", [], keys: ["kitchen.lux", "*.state"]),
        ])
        let keys = try ["kitchen.lux", "kitchen.temperature", "kitchen_lamp.state", "tv.state", "other"].map {
            (key: try KeyName(validating: $0), device: ["kitchen_lamp.state": "0x1", "tv.state": "0x4"][$0])
        }
        let rooms = plan.rooms(of: keys)
        #expect(keys.map { rooms[$0.key] } == ["hall", "kitchen", "kitchen", "hall", nil])
    }
}
