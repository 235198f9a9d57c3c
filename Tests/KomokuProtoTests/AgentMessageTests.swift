import Komoku
import KomokuProto
import KomokuWire
import SwiftProtobuf
import Testing

struct AgentMessageTests {
    @Test func aReportHasItsKeysAndPoints() throws {
        let keys = [
            KeyDefinition(
                name: "hosts.nas.cpu.user", type: .numeric,
                options: [JSON.Member("unit", "%"), JSON.Member("stale_after", "5m")]),
            KeyDefinition(name: "hosts.nas.online", type: .uptime),
        ]
        let points = [PutPoint("hosts.nas.cpu.user", 3.5), PutPoint("hosts.nas.online", true)]
        var message = PackedToHub()
        message.id = 5
        message.report = PackedAgentReport(
            keys, try #require(PackedPoints(points)), facts: ["kernel": "6.12", "cores": 2], pull: 9)
        let read = try PackedToHub(packed: message.packed)
        #expect(try read.report.keys() == keys)
        #expect(try read.report.points.puts().map { try $0.get().key.text } == points.map(\.key))
        #expect(try read.report.facts.json() == ["kernel": "6.12", "cores": 2])
        #expect(read.report.pull == 9 && read.id == 5)
        message.report.definitions[0].options = PackedValue("no map")
        #expect(throws: PackedFault.self) { try message.report.keys() }
    }

    @Test func whatIsSaidToAnAgentComesToIt() throws {
        var hello = PackedToHub()
        hello.hello.hostname = "nas"
        hello.hello.bootID = "5f3a"
        hello.hello.attributes = ["region": "home", "zone": "cellar"]
        #expect(try PackedToHub(packed: hello.packed) == hello)
        // Here there is nobody who takes it.
        let request = try #require(try Request.read(packed: hello.packed))
        #expect(throws: Refusal.self) { try request.entries[0].command.get() }
        var welcome = PackedFromHub()
        welcome.welcome.id = "a1"
        welcome.welcome.config = PackedValue(["every": "10s", "collect": ["cpu", "memory"]])
        #expect(try PackedFromHub(packed: welcome.packed).welcome.config.json()["every"] == "10s")
        var pull = PackedFromHub()
        pull.pull.what = .facts
        #expect(try PackedFromHub(packed: pull.packed).message() == .other)
    }
}
