import Komoku
import KomokuClient
@testable import KomokuWire
import Synchronization
import Testing

struct DeviceClientTests {
    private static func answer(_ result: JSON) -> FakeHub.Reply { .messages([["result": result]]) }

    @Test func aCatalogueInSeveralAnswersIsPutTogether() async throws {
        try await FakeHub.with { name, body in
            guard name == "devices" else { return .silence }
            let first: JSON = ["device": "1", "name": "a"]
            let second: JSON = [
                "device": "2", "name": "b", "online": .null, "properties": [["property": "p", "key": "b.p"]],
            ]
            if body["after"] == nil { return Self.answer(["devices": [first], "next": ["a", "1"]]) }
            #expect(body["after"] == ["a", "1"])
            return Self.answer(["devices": [second]])
        } _: { _, client in
            let devices = try await client.devices()
            #expect(devices.map(\.id) == ["1", "2"])
            #expect(devices[1].isOnline == nil && devices[1].isPresent && devices[1].properties[0].key == "b.p")
        }
    }

    @Test(
        arguments: [
            (#"{"result":"ok"}"#, .put(stored: true)), (#"{"result":"ok","stored":false}"#, .put(stored: false)),
            (#"{"result":{"outcome":"reported","value":true}}"#, .reported(true)),
            (#"{"result":{"outcome":"differs","value":98}}"#, .differs(98)),
            (#"{"result":{"outcome":"sent"}}"#, .sent), (#"{"result":{"outcome":"waiting"}}"#, .waiting),
            (#"{"result":{"outcome":"failed","reason":"no report"}}"#, .failed("no report")),
        ] as [(String, CommandResult)])
    func aPutTellsWhatBecameOfIt(answer: String, result: CommandResult) async throws {
        let message = try JSON(parsing: answer)
        try await FakeHub.with { _, body in
            #expect(body == ["key": "lamp.state", "value": true])
            return .messages([message])
        } _: { _, client in
            let outcome = try await client.command("lamp.state", true)
            #expect(outcome == result)
        }
    }

    @Test func whoDoesNotWaitSaysSo() async throws {
        let bodies = Mutex<[JSON]>([])
        try await FakeHub.with { _, body in
            bodies.withLock { $0.append(body) }
            return Self.answer(["outcome": "waiting"])
        } _: { _, client in
            let (told, stored) = (try await client.command("a", 1, waits: false), try await client.put("a", 1))
            #expect(told == .waiting && stored)
        }
        #expect(
            bodies.withLock { $0 } == [
                ["key": "a", "value": 1, "wait": false], ["key": "a", "value": 1, "wait": false],
            ])
    }

    @Test func aDryRunTellsTopicAndPayload() async throws {
        try await FakeHub.with { _, body in
            #expect(body["dry_run"] == true)
            return Self.answer(["topic": "t", "payload": "ON", "qos": 1, "retain": true])
        } _: { _, client in
            let message = try await client.dryRun("a", true)
            #expect(message.topic == "t" && message.payload == "ON" && message.payloadBase64 == nil)
            #expect(message.qos == 1 && message.isRetained)
        }
    }

    @Test func aRefusalKeepsTheHubsSentence() async throws {
        try await FakeHub.with { name, _ in
            .messages([["error": name == "forget" ? "not_allowed" : "invalid_key", "message": "it is present"]])
        } _: { _, client in
            let present = await #expect(throws: ClientError.self) { try await client.forget("a") }
            #expect(present?.code == "not_allowed" && present?.description == "it is present")
            let missing = await #expect(throws: ClientError.self) { _ = try await client.device("a") }
            #expect(missing?.code == "invalid_key")
        }
    }

    @Test func anAnswerOfAnotherShapeIsAnError() async throws {
        try await FakeHub.with { _, _ in
            Self.answer([1])
        } _: { _, client in
            await #expect(throws: ClientError.self) { _ = try await client.devices() }
            await #expect(throws: ClientError.self) { _ = try await client.device("a") }
            await #expect(throws: ClientError.self) { _ = try await client.dryRun("a", 1) }
        }
    }
}
