import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

/// A new device takes the place of a dead one.
struct DeviceReplacementTests {
    private static func lamp(
        _ id: String, _ name: String, unit: String = "%", _ more: [PropertyDescription] = []
    ) -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID(id), source: "zigbee2mqtt", name: name)
        lamp.properties = [
            PropertyDescription("state", .boolean), PropertyDescription("brightness", .numeric, unit: unit),
        ]
        lamp.properties += more
        return lamp
    }

    private static func report(_ id: String, _ name: String, _ value: Value, to hub: Hub) async {
        let feed = Feed(PropertyID(DeviceID(id), name), topic: "z/\(id)")
        await hub.apply([Observation(feed: feed, content: .value(value))])
    }

    private static func keys(_ socket: RawSocket) throws -> [String: JSON] {
        let keys = try socket.result(#"{"keys":{"include":["value"]}}"#).object ?? []
        return Dictionary(uniqueKeysWithValues: keys.map { ($0.name, $0.value["value"] ?? .null) })
    }

    private static let command = #"{"replace":{"device":"0x1","with":"0x2"}}"#

    @Test func itsPropertiesFeedTheKeysOfTheDeadOneAlsoAfterARestart() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let location = Store.Location.file(folder.path("k.db"))
        let clock = VirtualClock()
        try await TestServer.run(clock: clock, location: location) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            await server.hub.apply([.described(Self.lamp("0x1", "lamp", [PropertyDescription("power", .numeric)]))])
            await Self.report("0x1", "brightness", .number(40), to: server.hub)
            await server.hub.apply([.described(Self.lamp("0x2", "new lamp")), .removed(DeviceID("0x1"))])
            clock.advance(by: .seconds(5))
            await Self.report("0x2", "brightness", .number(60), to: server.hub)
            clock.advance(by: .seconds(5))
            let done = try socket.result(Self.command)
            #expect(done["keys"] == ["lamp.state", "lamp.brightness"] && done["left"] == ["lamp.power"])
            #expect(try Self.keys(socket).keys.sorted() == ["lamp.brightness", "lamp.power", "lamp.state"])
            await Self.report("0x2", "brightness", .number(70), to: server.hub)
            let values = try socket.result(#"{"fetch":{"key":"lamp.brightness"}}"#).array?.compactMap { $0.array?.last }
            #expect(values == [40, 60, 70])
            // There is nothing left to be replaced.
            #expect(try socket.ask(Self.command).contains("invalid_key"))
        }
        clock.advance(by: .seconds(60))
        try await TestServer.run(clock: clock, location: location) { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            // What the broker keeps of it comes again, and it is called otherwise by now.
            await server.hub.apply([.described(Self.lamp("0x2", "hall lamp"))])
            await Self.report("0x2", "brightness", .number(80), to: server.hub)
            #expect(try Self.keys(socket)["lamp.brightness"] == 80)
            #expect(try Self.keys(socket).keys.sorted() == ["lamp.brightness", "lamp.power", "lamp.state"])
        }
    }

    /// As if the hub had ended after the first key: the rest follows.
    @Test func whatWasInterruptedIsFinishedByTheSameAgain() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            await server.hub.apply([.described(Self.lamp("0x1", "lamp"))])
            await Self.report("0x1", "state", .boolean(true), to: server.hub)
            await server.hub.apply([.described(Self.lamp("0x2", "spare")), .removed(DeviceID("0x1"))])
            #expect(try socket.ask([Self.command, Self.command].joined(separator: ",").asArray).contains("lamp.state"))
            #expect(try Self.keys(socket).keys.sorted() == ["lamp.brightness", "lamp.state"])
            await Self.report("0x2", "state", .boolean(false), to: server.hub)
            #expect(try Self.keys(socket)["lamp.state"] == false)
        }
    }

    @Test(
        arguments: [
            ("0x1", "0x3", "'text' does not fit: its brightness is string, 'lamp.brightness' is numeric"),
            ("0x1", "0x4", "its brightness is in lx, 'lamp.brightness' is in %"),
            ("0x1", "0x5", "'door' does not fit: it has no property that 'lamp' has"),
            ("0x2", "0x1", "is gone itself"), ("0x2", "0x3", "'spare' is still there"), ("0x1", "0x1", "own place"),
            ("0x1", "0x9", "there is no device '0x9'"),
        ])
    func whatDoesNotFitIsRefusedAndNothingIsChanged(old: String, new: String, reason: String) async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v2)
            var text = Self.lamp("0x3", "text")
            text.properties[1] = PropertyDescription("brightness", .string)
            var door = DeviceDescription(id: DeviceID("0x5"), source: "zigbee2mqtt", name: "door")
            door.properties = [PropertyDescription("contact", .boolean)]
            let all = [
                Self.lamp("0x1", "lamp"), Self.lamp("0x2", "spare"), text, Self.lamp("0x4", "lux", unit: "lx"), door,
            ]
            await server.hub.apply(all.map { .described($0) })
            await server.hub.apply([.removed(DeviceID("0x1"))])
            let before = try Self.keys(socket)
            let answer = try socket.ask(#"{"replace":{"device":"\#(old)","with":"\#(new)"}}"#)
            #expect(answer.contains(reason), "\(answer)")
            #expect(try Self.keys(socket) == before)
            #expect(await server.hub.devices().count == 5)
        }
    }
}

extension String {
    fileprivate var asArray: String { "[\(self)]" }
}
