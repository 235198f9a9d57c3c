import Komoku
import KomokuHub
import KomokuServer
import KomokuWire
import Synchronization
import Testing

/// Devices over a real socket, with a hub that is told of them as a source tells it.
struct DeviceCommandTests {
    /// Takes commands; whether it says that they are sent is the test's choice.
    private final class Radio: DeviceCommander {
        let messages = Mutex<[DeviceCommandMessage]>([])
        private let fault: CommandRefusal?
        private let report: @Sendable (DeviceCommandMessage) -> Void

        init(fault: CommandRefusal? = nil, report: @escaping @Sendable (DeviceCommandMessage) -> Void = { _ in }) {
            self.fault = fault
            self.report = report
        }

        func message(for value: Value, to property: PropertyID) throws(CommandRefusal) -> DeviceCommandMessage {
            if property.name == "odd" { throw CommandRefusal("'odd' has no way to say \(value.json.text)") }
            return DeviceCommandMessage(topic: "z/\(property.device)/set", payload: value.json.bytes, qos: 0)
        }

        func send(_ message: DeviceCommandMessage, sent: @escaping @Sendable (CommandRefusal?) -> Void) {
            messages.withLock { $0.append(message) }
            sent(fault)
            if fault == nil { report(message) }
        }
    }

    private static func lamp(_ id: String = "0x1", _ name: String = "Hall lamp") -> DeviceDescription {
        var lamp = DeviceDescription(id: DeviceID(id), source: "zigbee2mqtt", name: name)
        (lamp.manufacturer, lamp.model) = ("IKEA", "LED1836G9")
        var state = PropertyDescription("state", .boolean)
        state.isWritable = true
        var brightness = PropertyDescription("brightness", .numeric, unit: "%")
        (brightness.isWritable, brightness.minimum, brightness.maximum) = (true, 0, 100)
        var effect = PropertyDescription("effect", .string)
        (effect.isWritable, effect.hasState, effect.values) = (true, false, ["blink", "finish"])
        lamp.properties = [state, brightness, effect, PropertyDescription("linkquality", .numeric)]
        lamp.unsupported = [.init(what: "odd", reason: "nobody knows what it is")]
        return lamp
    }

    private static func report(_ name: String, _ value: Value, in hub: isolated Hub) {
        let feed = Feed(PropertyID(DeviceID("0x1"), name), topic: "z/lamp")
        hub.apply([Observation(feed: feed, content: .value(value))])
    }

    /// A server whose hub knows a lamp.
    private static func run(
        radio: Radio, timeout: Komoku.Duration = .seconds(60),
        _ body: @Sendable (TestServer, RawSocket) async throws -> Void
    ) async throws {
        try await TestServer.run { server in
            await server.hub.apply([.described(lamp())])
            await server.hub.setCommander(radio, timeout: timeout)
            try await body(server, try RawSocket.webSocket(port: server.v2))
            await server.hub.setCommander(nil)
        }
    }

    @Test func theCatalogueIsToldByName() async throws {
        try await Self.run(radio: Radio()) { server, socket in
            await server.hub.apply([.described(Self.lamp("0x0", "attic lamp"))])
            let answer = try socket.result(#"{"devices":{}}"#)
            let devices = try #require(answer["devices"]?.array)
            #expect(devices.map { $0["name"]?.string } == ["Hall lamp", "attic lamp"])
            #expect(answer["next"] == nil)
            let lamp = devices[0]
            #expect(
                lamp.object?.map(\.name) == [
                    "device", "name", "manufacturer", "model", "source", "present", "online", "via", "sleeps",
                    "last_seen", "properties", "unsupported",
                ])
            #expect(
                lamp["properties"]?.array?.map { $0["key"]?.string } == [
                    "hall_lamp.state", "hall_lamp.brightness", "hall_lamp.effect", "hall_lamp.linkquality",
                ])
            for text in ["0x1", "Hall lamp", "hall_lamp"] {
                let one = try socket.result(#"{"devices":{"device":"\#(text)"}}"#)
                #expect(one["devices"] == [lamp])
            }
            let missing = try socket.ask(#"{"devices":{"device":"cellar"}}"#)
            #expect(missing == #"{"error":"invalid_key","message":"there is no device 'cellar'"}"#)
            let keys = try socket.result(#"{"keys":{"match":"hall_lamp.*"}}"#)
            #expect(keys["hall_lamp.state"]?["writable"] == true && keys["hall_lamp.state"]?["device"] == "0x1")
            #expect(keys["hall_lamp.linkquality"]?["writable"] == nil)
            #expect(keys["hall_lamp.linkquality"]?["property"] == "linkquality")
        }
    }

    @Test func twoDevicesOfOneNameAreAskedForByTheirIds() async throws {
        try await Self.run(radio: Radio()) { server, socket in
            await server.hub.apply([.described(Self.lamp("0x2"))])
            let text = try socket.ask(#"{"devices":{"device":"Hall lamp"}}"#)
            #expect(text.contains("2 devices are called 'Hall lamp'; give the id: 0x1, 0x2"))
        }
    }

    @Test func aLargeCatalogueComesInBoundedAnswers() async throws {
        try await TestServer.run { server in
            let count = 5000
            await server.hub.apply(
                (0..<count).map { number in
                    var device = DeviceDescription(id: DeviceID("id\(number)"), source: "test", name: "lamp \(number)")
                    device.properties = [PropertyDescription("state", .boolean)]
                    return .described(device)
                })
            let socket = try RawSocket.webSocket(port: server.v2)
            var (seen, next) = (Set<String>(), JSON?.none)
            repeat {
                let text = try socket.ask(JSON.object([JSON.Member("devices", next.map { ["after": $0] } ?? [:])]).text)
                #expect(text.utf8.count < 1 << 20)
                let answer = try JSON(parsing: text)["result"]
                let page = answer?["devices"]?.array ?? []
                #expect(!page.isEmpty)
                seen.formUnion(page.compactMap { $0["device"]?.string })
                next = answer?["next"]
            } while next != nil
            #expect(seen.count == count)
        }
    }

    @Test func aPutIsAnsweredWhenTheDeviceReports() async throws {
        try await TestServer.run { server in
            let hub = server.hub
            await hub.apply([.described(Self.lamp())])
            let radio = Radio { _ in hub.enqueue { Self.report("state", .boolean(true), in: $0) } }
            await hub.setCommander(radio, timeout: .seconds(60))
            let socket = try RawSocket.webSocket(port: server.v2)
            let answer = try socket.ask(#"{"put":{"key":"hall_lamp.state","value":"on"},"query_id":7}"#)
            #expect(answer == #"{"result":{"outcome":"reported","value":true},"query_id":7}"#)
            #expect(radio.messages.withLock { $0.map(\.payload) } == [Array("true".utf8)])
            #expect(try socket.result(#"{"get":{"key":"hall_lamp.state"}}"#) == true)
            let device = try socket.result(#"{"devices":{"device":"0x1"}}"#)["devices"]?.array?.first
            #expect(device?["properties"]?.array?.first?["command"]?["state"] == "reported")
            await hub.setCommander(nil)
        }
    }

    @Test func whatTheDeviceDoesNotReportIsSent() async throws {
        try await Self.run(radio: Radio()) { _, socket in
            let answer = try socket.ask(#"{"put":{"key":"hall_lamp.effect","value":"blink"}}"#)
            #expect(answer == #"{"result":{"outcome":"sent"}}"#)
        }
    }

    @Test func aDeviceThatSaysNothingFailsTheCommand() async throws {
        try await Self.run(radio: Radio(), timeout: .milliseconds(50)) { _, socket in
            let answer = try socket.result(#"{"put":{"key":"hall_lamp.state","value":true}}"#)
            #expect(answer["outcome"] == "failed")
            #expect(answer["reason"]?.string?.hasPrefix("no report within") == true)
            #expect(try socket.ask(#"{"get":{"key":"hall_lamp.state"}}"#) == #"{"result":null}"#)
        }
    }

    @Test func aDeviceThatReportsSomethingElseIsBelieved() async throws {
        try await TestServer.run { server in
            let hub = server.hub
            await hub.apply([.described(Self.lamp())])
            let radio = Radio { _ in hub.enqueue { Self.report("brightness", .number(98), in: $0) } }
            await hub.setCommander(radio, timeout: .milliseconds(50))
            let socket = try RawSocket.webSocket(port: server.v2)
            let answer = try socket.ask(#"{"put":{"key":"hall_lamp.brightness","value":100}}"#)
            #expect(answer == #"{"result":{"outcome":"differs","value":98}}"#)
            await hub.setCommander(nil)
        }
    }

    @Test func whatCannotBeSentFailsWithTheReason() async throws {
        try await Self.run(radio: Radio(fault: CommandRefusal("the broker is away"))) { _, socket in
            let answer = try socket.result(#"{"put":{"key":"hall_lamp.state","value":true}}"#)
            #expect(answer == ["outcome": "failed", "reason": "the broker is away"])
        }
        try await TestServer.run { server in
            await server.hub.apply([.described(Self.lamp())])
            let socket = try RawSocket.webSocket(port: server.v2)
            for wait in ["", #","wait":false"#] {
                let answer = try socket.result(#"{"put":{"key":"hall_lamp.state","value":true\#(wait)}}"#)
                #expect(answer["outcome"] == "failed", "nobody sends commands")
            }
        }
    }

    @Test func whoDoesNotWaitIsAnsweredAtOnce() async throws {
        try await Self.run(radio: Radio()) { server, socket in
            let answer = try socket.ask(#"{"put":{"key":"hall_lamp.state","value":true,"wait":false}}"#)
            #expect(answer == #"{"result":{"outcome":"waiting"}}"#)
            let old = try RawSocket.webSocket(port: server.v1)
            #expect(try old.ask(#"{"put":{"key":"hall_lamp.state","value":true}}"#) == #""ack""#)
            #expect(try old.ask(#"{"devices":{}}"#) == #"{"error":"invalid_query"}"#)
        }
    }

    @Test(
        arguments: [
            ("hall_lamp.brightness", "101", "0 to 100"), ("hall_lamp.effect", #""dance""#, "blink"),
            ("hall_lamp.state", #""maybe""#, "maybe"), ("hall_lamp.linkquality", "1", "reported by the device"),
        ])
    func whatTheDeviceCannotBeToldIsRefusedWithASentence(key: String, value: String, words: String) async throws {
        let radio = Radio()
        try await Self.run(radio: radio) { _, socket in
            for dryRun in ["", #","dry_run":true"#] {
                let text = try socket.ask(#"{"put":{"key":"\#(key)","value":\#(value)\#(dryRun)}}"#)
                let answer = try JSON(parsing: text)
                #expect(answer["error"] == "invalid_value")
                #expect(answer["message"]?.string?.contains(words) == true)
            }
        }
        #expect(radio.messages.withLock { $0.isEmpty })
    }

    @Test func aDryRunSendsNothing() async throws {
        let radio = Radio()
        try await Self.run(radio: radio) { server, socket in
            let text = try socket.ask(#"{"put":{"key":"hall_lamp.brightness","value":40,"dry_run":true}}"#)
            #expect(text == #"{"result":{"topic":"z/0x1/set","payload":"40","qos":0,"retain":false}}"#)
            try await server.hub.put(try KeyName(validating: "plain"), 1, cause: .client("test"))
            let plain = try socket.ask(#"{"put":{"key":"plain","value":1,"dry_run":true}}"#)
            #expect(plain.contains(#""error":"invalid_key""#) && plain.contains("no device's"))
            #expect(
                try socket.ask(#"{"put":{"key":"none","value":1,"dry_run":true}}"#).contains("there is no key 'none'"))
        }
        #expect(radio.messages.withLock { $0.isEmpty })
    }

    @Test func onlyWhatIsGoneIsForgotten() async throws {
        try await Self.run(radio: Radio()) { server, socket in
            #expect(
                try socket.ask(#"{"forget":{"device":"Hall lamp"}}"#).hasPrefix(#"{"error":"not_allowed","message":"#))
            await server.hub.apply([.removed(DeviceID("0x1"))])
            let gone = try socket.result(#"{"devices":{}}"#)["devices"]?.array?.first
            #expect(gone?["present"] == false)
            #expect(try socket.ask(#"{"forget":{"device":"0x1"}}"#) == #"{"result":"ok"}"#)
            #expect(try socket.result(#"{"devices":{}}"#) == ["devices": []])
            #expect(try socket.result(#"{"keys":{"match":"hall_lamp.*"}}"#).object?.count == 4, "the keys stay")
            #expect(try socket.ask(#"{"forget":{"device":"0x1"}}"#).contains("there is no device '0x1'"))
        }
    }

    @Test func aSilentKeyIsSaidToBeStale() async throws {
        try await TestServer.run { server in
            var sensor = Self.lamp()
            sensor.properties = [PropertyDescription("temperature", .numeric, unit: "°C")]
            sensor.properties[0].expectEvery = .milliseconds(150)
            await server.hub.apply([.described(sensor)])
            let (socket, old) = (try RawSocket.webSocket(port: server.v2), try RawSocket.webSocket(port: server.v1))
            let key = #""key":"hall_lamp.temperature""#
            #expect(try socket.ask(#"{"sub":{"pattern":"**"}}"#) == #"{"result":"ok"}"#)
            #expect(try old.ask("{\"sub\":{\(key)}}") == #""ack""#)
            server.hub.enqueue { Self.report("temperature", .number(20.5), in: $0) }
            let change = try JSON(parsing: try socket.receiveText())["pub"]
            #expect(change?["value"] == 20.5 && change?["stale"] == nil)
            _ = try old.receiveText()
            let stale = try JSON(parsing: try socket.receiveText())["pub"]
            #expect(stale?["value"] == 20.5 && stale?["previous"] == 20.5 && stale?["stale"] == true)
            #expect(try socket.ask("{\"get\":{\(key)}}") == #"{"result":20.5,"stale":true}"#)
            #expect(try socket.result("{\"last\":{\(key)}}")["stale"] == true)
            #expect(try socket.result(#"{"keys":{}}"#)["hall_lamp.temperature"]?["stale"] == true)
            let shown = try socket.result(#"{"devices":{}}"#)["devices"]?.array?.first?["properties"]?.array?.first
            #expect(shown?["stale"] == true && shown?["unit"] == "°C")
            #expect(try old.ask("{\"get\":{\(key)}}") == "20.5")
            let late = try RawSocket.webSocket(port: server.v2)
            #expect(try late.ask(#"{"sub":{"pattern":"**","init":true}}"#) == #"{"result":"ok"}"#)
            let first = try JSON(parsing: try late.receiveText())["pub"]
            #expect(first?["value"] == 20.5 && first?["previous"] == .null && first?["stale"] == true)
            #expect(try late.ask(#"{"ping":1}"#) == #"{"result":{"pong":1}}"#, "it is said once")
            server.hub.enqueue { Self.report("temperature", .number(20.5), in: $0) }
            let back = try JSON(parsing: try socket.receiveText())["pub"]
            #expect(back?["stale"] == false && back?["value"] == 20.5)
            // The first protocol was told of nothing: this answer is what comes next.
            #expect(try old.ask(#"{"ping":1}"#) == #"{"pong":1}"#)
        }
    }

    @Test func aNameThatIsNoKeyIsToldAsItIs() async throws {
        let name = "💡 \u{1B}[31mlamp/1 + #"
        try await TestServer.run { server in
            await server.hub.apply([.described(Self.lamp("0x1", name))])
            let socket = try RawSocket.webSocket(port: server.v2)
            let text = try socket.ask(#"{"devices":{}}"#)
            #expect(!text.utf8.contains(0x1B), "JSON escapes it")
            let device = try JSON(parsing: text)["result"]?["devices"]?.array?.first
            #expect(device?["name"]?.string == name)
            let key = try #require(device?["properties"]?.array?.first?["key"]?.string)
            #expect(KeyName(key) != nil)
        }
    }
}
