import Komoku
import KomokuProto
import KomokuWire
import SwiftProtobuf
import Testing

struct AgentMessageTests {
    private func again(_ command: Command) throws -> Command {
        let bytes = PackedToHub(command.member, id: 5).packed
        return try #require(try Request.read(packed: bytes)).entries[0].command.get()
    }

    @Test func whatAnAgentSaysComesToTheHub() throws {
        var hello = AgentHello()
        (hello.hostname, hello.version, hello.instance) = ("nas.lan", "2.0", "5f3a")
        #expect(try again(.hello(hello)) == .hello(hello))
        (hello.id, hello.name, hello.attributes) = ("aB3dE6gH", "nas", ["region": "home", "zone": "cellar"])
        #expect(try again(.hello(hello)) == .hello(hello))
        for report in [
            AgentReport(), AgentReport(facts: ["kernel": "6.12", "cores": 2]), AgentReport(pull: 0),
            AgentReport(facts: .object([]), pull: 1 << 53),
        ] {
            #expect(try again(.report(report)) == .report(report))
        }
    }

    @Test func whatIsTooMuchIsRefusedAsInTheSecondProtocol() throws {
        var message = PackedToHub()
        message.id = 1
        message.hello.hostname = "nas"
        message.hello.name = "a.b"
        let refusal = #expect(throws: Refusal.self) {
            try #require(try Request.read(packed: message.packed)).entries[0].command.get()
        }
        #expect(refusal?.message?.contains("'a.b' cannot be the name of an agent") == true)
        message.hello.name = ""
        message.hello.attributes = ["region": String(repeating: "x", count: 300)]
        #expect(throws: Refusal.self) {
            try #require(try Request.read(packed: message.packed)).entries[0].command.get()
        }
        message.report = PackedAgentReport()
        message.report.pull = .max
        #expect(throws: Refusal.self) {
            try #require(try Request.read(packed: message.packed)).entries[0].command.get()
        }
    }

    @Test func whatIsSaidToAnAgentComesToIt() throws {
        var config = AgentSettings(every: .seconds(5))
        config[.sensors] = .zero
        config.cores = .usage
        config.mounts = AgentNames(include: ["/"], exclude: ["/mnt/*"])
        let welcome = AgentWelcome(id: "aB3dE6gH", name: "nas", config: config)
        let answer = PackedFromHub(.shape(welcome), to: 7, .hello)
        guard case .reply([7], let json) = try PackedFromHub(packed: answer.packed).message() else {
            Issue.record("it is no answer to 7")
            return
        }
        #expect(try AgentWelcome(json["result"] ?? .null) == welcome)
        for order in [AgentOrder.welcome(welcome), .pull(.load, id: 3), .pull(.facts, id: 0)] {
            let message = try PackedFromHub(packed: PackedFromHub(news: order.json).packed).message()
            #expect(message == .pushes([order.json]))
            #expect(AgentOrder(order.json) == order)
        }
        var later = PackedFromHub()
        later.pull.what = .UNRECOGNIZED(7)
        #expect(try PackedFromHub(packed: later.packed).message() == .other)
    }
}
