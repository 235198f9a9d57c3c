import Komoku
import KomokuHub
import Synchronization
import Testing

@testable import KomokuMQTT

/// What the bridge is asked to do with its devices.
@Suite struct ZigbeeCareTests {
    private final class Answers: Sendable {
        let all = Mutex<[CommandRefusal?]>([])
        var reasons: [String] { all.withLock { $0.map { $0?.description ?? "done" } } }
        func take(_ fault: CommandRefusal?) { all.withLock { $0.append(fault) } }
    }

    private let lamp = ZigbeeNetwork.Device(address: "0x01", name: "lamp")

    private func transaction(of replay: DeviceReplay) throws -> String {
        let payload = try #require(replay.sent.last?.payload)
        return try #require(try JSON(parsing: payload)["transaction"]?.string)
    }

    @Test func aRenameIsAskedForAndAnswered() throws {
        let (replay, answers) = (ZigbeeNetwork.start(lamp), Answers())
        replay.commands.carryOut(.rename("kitchen/lamp"), of: DeviceID("0x01"), then: answers.take)
        let message = try #require(replay.sent.last)
        #expect(message.topic == "z/bridge/request/device/rename")
        let told = try JSON(parsing: message.payload)
        #expect(told["from"] == "0x01")
        #expect(told["to"] == "kitchen/lamp")
        let transaction = try transaction(of: replay)
        // Somebody else's answers are not for us, nor are those that the broker kept.
        replay.send("z/bridge/response/device/rename", #"{"status":"ok","transaction":"other"}"#)
        replay.send(
            "z/bridge/response/device/rename", #"{"status":"ok","transaction":"\#(transaction)"}"#, retained: true)
        #expect(answers.reasons.isEmpty)
        replay.send("z/bridge/response/device/rename", #"{"data":{},"status":"ok","transaction":"\#(transaction)"}"#)
        replay.send("z/bridge/response/device/rename", #"{"data":{},"status":"ok","transaction":"\#(transaction)"}"#)
        #expect(answers.reasons == ["done"])
    }

    @Test func whatTheBridgeRefusesIsTold() throws {
        let (replay, answers) = (ZigbeeNetwork.start(lamp), Answers())
        replay.commands.carryOut(.remove(isForced: true), of: DeviceID("0x01"), then: answers.take)
        #expect(replay.sent.last?.topic == "z/bridge/request/device/remove")
        let transaction = try transaction(of: replay)
        replay.send(
            "z/bridge/response/device/remove",
            #"{"data":{},"status":"error","error":"it does not answer","transaction":"\#(transaction)"}"#)
        #expect(answers.reasons == ["it does not answer"])
        for bad in ["", "[]", "{", #"{"transaction":7}"#, #"{"transaction":"x"}"#] {
            replay.send("z/bridge/response/device/remove", bad)
        }
        #expect(answers.reasons.count == 1)
    }

    @Test func aGroupIsKnownByItsNumber() throws {
        let (replay, answers) = (ZigbeeNetwork.start(lamp), Answers())
        replay.send("z/bridge/groups", #"[{"id":3,"friendly_name":"all","members":[{"ieee_address":"0x01"}]}]"#)
        replay.commands.carryOut(.rename("everything"), of: DeviceID("z:group:3"), then: answers.take)
        let message = try #require(replay.sent.last)
        #expect(message.topic == "z/bridge/request/group/rename")
        #expect(try JSON(parsing: message.payload)["from"] == "3")
        replay.commands.carryOut(.update, of: DeviceID("z:group:3"), then: answers.take)
        #expect(answers.reasons == [CommandRefusal.noCare.description])
    }

    @Test func aDeviceThatIsGoneOrOfAnotherFamilyHasNoBridge() {
        let (replay, answers) = (ZigbeeNetwork.start(lamp), Answers())
        replay.send("z/bridge/devices", ZigbeeNetwork.list())
        for device in ["0x01", "tasmota"] {
            replay.commands.carryOut(.update, of: DeviceID(device), then: answers.take)
        }
        #expect(answers.reasons == Array(repeating: CommandRefusal.noCare.description, count: 2))
        #expect(replay.sent.last?.topic == nil)
    }

    @Test func aBrokerThatIsAwayEndsTheRequest() throws {
        let (replay, answers) = (ZigbeeNetwork.start(lamp), Answers())
        replay.commands.carryOut(.update, of: DeviceID("0x01"), then: answers.take)
        let completion = try #require(replay.sent.last?.completion)
        completion(.failed("the broker is away"))
        #expect(answers.reasons == ["the broker is away"])
    }
}
