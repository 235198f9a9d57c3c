import Glibc
import Komoku
import KomokuClient
import KomokuHub
import KomokuTesting
import Testing

/// The built program with a hub that knows a lamp.
struct DeviceProgramTests {
    /// A lamp that does as it is told, but is never brighter than 98.
    private final class Radio: DeviceCommander {
        private let hub: Hub

        init(_ hub: Hub) { self.hub = hub }

        func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage {
            DeviceCommandMessage(topic: "z/\(property.name)/set", payload: value.json.bytes)
        }

        func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) {
            sent(nil)
            guard let json = try? JSON(parsing: message.payload) else { return }
            let value = json.number.map { Value.number(min($0, 98)) } ?? .boolean(json.bool ?? false)
            let name = message.topic.split(separator: "/")[1]
            guard name != "dead" else { return }
            hub.enqueue { hub in
                let feed = Feed(PropertyID(DeviceID("0x1"), String(name)), topic: "z")
                hub.apply([Observation(feed: feed, content: .value(value))])
            }
        }
    }

    private static func lamp() -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID("0x1"), source: "zigbee2mqtt", name: "Hall \u{1B}[31mlamp 💡")
        lamp.properties = [
            PropertyDescription("state", .boolean), PropertyDescription("brightness", .numeric, unit: "%"),
            PropertyDescription("dead", .boolean),
        ]
        for index in lamp.properties.indices { lamp.properties[index].isWritable = true }
        lamp.properties[1].maximum = 100
        lamp.unsupported = [.init(what: "odd", reason: "nobody knows what it is")]
        return lamp
    }

    private struct Ended {
        let code: Int32
        /// And what it complained about.
        let output: String
    }

    private static func run(_ body: (Hub, (String...) throws -> Ended) async throws -> Void) async throws {
        let server = try await TestHub()
        let address = try server.address.description
        await server.hub.apply([.described(lamp())])
        await server.hub.setCommander(Radio(server.hub), timeout: .milliseconds(200))
        do {
            try await body(server.hub) { arguments in try program(arguments + ["--server", address]) }
        } catch {
            await server.stop()
            throw error
        }
        await server.hub.setCommander(nil)
        await server.stop()
    }

    private static func program(_ arguments: [String]) throws -> Ended {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        #expect(fcntl(ends[0], F_SETFD, FD_CLOEXEC) == 0)
        defer { close(ends[0]) }
        let child = try ChildProcess([BuiltProgram.path] + arguments, output: ends[1])
        close(ends[1])
        var (output, bytes) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = read(ends[0], &bytes, bytes.count), count > 0 { output += bytes.prefix(count) }
        return Ended(code: child.waitForEnd(), output: String(decoding: output, as: UTF8.self))
    }

    private static let part = "hall_31mlamp"

    @Test func devicesAreListedAndShown() async throws {
        try await Self.run { hub, komoku in
            let list = try komoku("devices")
            #expect(list.code == 0 && list.output.contains("💡") && !list.output.contains("\u{1B}"))
            let json = try JSON(parsing: try komoku("devices", "--json").output)
            #expect(json["devices"]?.array?.first?["device"] == "0x1")
            let key = try #require(json["devices"]?.array?.first?["properties"]?.array?.first?["key"]?.string)
            let unsupported = try komoku("devices", "--unsupported").output
            #expect(unsupported.contains("odd") && unsupported.contains("nobody knows what it is"))
            let shown = try komoku("devices", "show", "0x1")
            #expect(shown.code == 0 && shown.output.contains("accepts true, false") && shown.output.contains(key))
            #expect(!shown.output.contains("\u{1B}"))
            #expect(try komoku("devices", "show", "nobody").code == 1)
            #expect(try komoku("devices", "forget", "0x1").code == 1, "it is there")
            await hub.apply([.removed(DeviceID("0x1"))])
            let forgotten = try komoku("devices", "forget", "0x1")
            #expect(forgotten.code == 0 && forgotten.output.contains("its 3 keys stay"))
        }
    }

    @Test func aPutSaysWhatTheDeviceDid() async throws {
        try await Self.run { hub, komoku in
            let device = try #require(await hub.device("0x1"))
            let keys = device.properties.map(\.key.text)
            let told = try komoku("put", keys[0], "on")
            #expect(told.code == 0 && told.output.hasPrefix("\(keys[0]): on, reported by the device after "))
            let limited = try komoku("put", keys[1], "100")
            #expect(limited.code == 0 && limited.output == "\(keys[1]): sent; the device reports 98 %, not 100\n")
            let dead = try komoku("put", keys[2], "true", "--json")
            #expect(dead.code == 1)
            #expect(dead.output.contains(#""outcome":"failed","reason":"no report within 200ms","error":"failed","#))
            #expect(dead.output.hasSuffix("failed: no report within 200ms\"}\n"))
            #expect(try komoku("put", keys[2], "true").output == "komoku: \(keys[2]): failed: no report within 200ms\n")
            let refused = try komoku("put", keys[1], "101")
            #expect(refused.code == 1 && refused.output.contains("100 or less"))
            #expect(try komoku("put", keys[0], "off", "--dry-run").output == "z/state/set false\n")
            let dry = try komoku("put", keys[0], "true", "--dry-run", "--json").output
            #expect(dry == #"{"topic":"z/state/set","payload":"true"}"# + "\n")
            #expect(try komoku("get", keys[0]).output == "true\n", "a dry run sends nothing")
            let quick = try komoku("put", keys[2], "true", "--no-wait")
            #expect(quick.code == 0 && quick.output.contains("not waiting for the device"))
            let plain = try komoku("put", "plain.key", "5", "--json")
            #expect(plain.output == #"{"key":"plain.key","value":5,"stored":true}"# + "\n")
            #expect(try komoku("put", "plain.key", "6").output.isEmpty)
        }
    }

    @Test func aPutToAKeyThatIsNotThereSaysSo() async throws {
        try await Self.run { hub, komoku in
            let device = try #require(await hub.device("0x1"))
            let part = try #require(device.properties.first?.key.text.split(separator: ".").first)
            let typo = try komoku("put", "\(part).stat", "on")
            #expect(typo.code == 1 && typo.output.contains("did you mean '\(part).state'?"))
            let other = try komoku("put", "\(part).some.thing", "on")
            #expect(other.code == 1 && other.output.contains("'komoku devices show "))
            #expect(await hub.keys(matching: .all).allSatisfy { !$0.name.text.hasSuffix(".stat") })
            let made = try komoku("put", "plain.key", "-5")
            #expect(made.code == 0 && made.output == "komoku: plain.key is a new key, numeric\n")
            #expect(try komoku("put", "plain.key", "-6").output.isEmpty)
            #expect(try komoku("put", "plain.kex", "1", "--dry-run").output.contains("did you mean 'plain.key'?"))
            #expect(try komoku("define", "\(part).note", "--type", "string").code == 0)
            #expect(try komoku("put", "\(part).note", "mine").code == 0, "a key of the user's own")
        }
    }

    @Test func aStaleKeyIsMarkedEverywhere() async throws {
        try await Self.run { hub, komoku in
            var lamp = Self.lamp()
            lamp.properties[1].expectEvery = .milliseconds(50)
            await hub.apply([.described(lamp)])
            let key = try #require(await hub.device("0x1")).properties[1].key
            let watch = Subscriber {}
            await hub.subscribe(watch, to: .key(key))
            let feed = Feed(PropertyID(DeviceID("0x1"), "brightness"), topic: "z")
            await hub.apply([Observation(feed: feed, content: .value(.number(7)))])
            var deliveries: [Delivery] = []
            while deliveries.last?.freshness != .stale {
                deliveries += watch.drain()
                await Task.yield()
            }
            #expect(try komoku("get", key.text).output == "7 %  stale\n")
            #expect(try JSON(parsing: try komoku("get", key.text, "--json").output)["stale"] == true)
            #expect(try komoku("last", key.text).output.hasSuffix("stale\n"))
            #expect(try komoku("keys", key.text).output.hasSuffix("  stale\n"))
            #expect(try komoku("devices", "show", "0x1").output.contains("stale"))
            let history = try JSON(parsing: try komoku("history", key.text, "--json").output).array ?? []
            #expect(history.map { $0.array?.last } == [7, .null], "from then on nothing is known")
        }
    }
}
