import Komoku
import KomokuHub
import Synchronization
import Testing

@testable import KomokuMQTT

/// `on_command_type` of lights whose settings have a topic each.
struct OnCommandTests {
    private func light(_ type: String?) -> DeviceReplay {
        let replay = DeviceReplay([HomeAssistantSource()])
        let setting = type.map { #""on_command_type":"\#($0)","# } ?? ""
        replay.send(
            "homeassistant/light/x1/config",
            #"{"name":"X","uniq_id":"x1","dev":{"ids":["x"]},"cmd_t":"x/c","stat_t":"x/s",\#(setting)"#
                + #""bri_cmd_t":"x/b","bri_scl":99,"rgb_cmd_t":"x/r","fx_cmd_t":"x/f","pl_on":"1","qos":1}"#)
        return replay
    }

    @Test(
        arguments: [
            (nil, "x1.brightness", .number(50), ["x/b 50"]),
            ("first", "x1.brightness", .number(50), ["x/c 1", "x/b 50"]),
            ("last", "x1.brightness", .number(50), ["x/b 50", "x/c 1"]),
            ("last", "x1.brightness", .number(0), ["x/b 0"]),
            ("first", "x1.brightness", .number(0), ["x/b 0"]), ("brightness", "x1.brightness", .number(50), ["x/b 50"]),
            ("first", "x1.rgb", .string("1,2,3"), ["x/c 1", "x/r 1,2,3"]),
            ("last", "x1.effect", .string("fire"), ["x/f fire", "x/c 1"]),
            ("first", "x1.state", .boolean(true), ["x/c 1"]), ("last", "x1.state", .boolean(false), ["x/c OFF"]),
            ("brightness", "x1.state", .boolean(true), ["x/b 99"]),
            ("brightness", "x1.state", .boolean(false), ["x/c OFF"]),
            ("sideways", "x1.brightness", .number(5), ["x/b 5"]),
        ] as [(String?, String, Value, [String])])
    func `a light is told in the order that it wants`(
        _ type: String?, _ property: String, _ value: Value, _ sent: [String]
    ) throws {
        let replay = light(type)
        let message = try replay.commands.message(for: value, to: PropertyID(DeviceID("x"), property))
        let all = (message.before + [message] + message.after).map {
            "\($0.topic) \(String(decoding: $0.payload, as: UTF8.self))"
        }
        #expect(all == sent)
    }

    @Test(arguments: [[true, true], [false, true], [true, false], [false, false]])
    func `a command of two messages ends once, well where both do`(_ outcomes: [Bool]) {
        let published = Mutex<[Publication]>([])
        let commands = DeviceCommands { publication in published.withLock { $0.append(publication) } }
        var message = DeviceCommandMessage(topic: "b", payload: [1])
        message.before = [DeviceCommandMessage(topic: "a", payload: [2])]
        let ends = Mutex<[CommandRefusal?]>([])
        commands.send(message) { fault in ends.withLock { $0.append(fault) } }
        let all = published.withLock { $0 }
        #expect(all.map(\.topic) == ["a", "b"])
        for (publication, isSent) in zip(all, outcomes) { publication.completion?(isSent ? .sent : .failed("no")) }
        let isWell = outcomes == [true, true]
        #expect(ends.withLock { $0 } == [isWell ? nil : CommandRefusal("no")])
    }
}
