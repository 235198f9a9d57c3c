import Komoku
import KomokuHub
import KomokuTesting
import KomokuWire
import KomokuYAML
import Synchronization
import Testing

@testable import KomokuDesk

/// An agent at the other end of a connection, as the hub sees it.
private final class FakeAgent: Sendable {
    private struct State {
        var orders: [AgentOrder] = []
        var end: String?
    }

    let caller: Caller
    private let state = Mutex(State())

    init(rights: Rights = .all) {
        caller = Caller(
            "test", isLocal: true, identity: Identity(rights: rights),
            entrance: Entrance(address: "192.0.2.7", openness: .never))
    }

    var orders: [AgentOrder] { state.withLock(\.orders) }
    var end: String? { state.withLock(\.end) }
    /// Numbers of what was asked for.
    var pulls: [Int] { orders.compactMap { if case .pull(_, let id) = $0 { id } else { nil } } }

    /// - Returns: what it was welcomed as.
    func hello(_ house: HelperHouse, id: String? = nil, host: String = "attic", instance: String = "1") async throws
        -> AgentWelcome
    {
        var hello = AgentHello()
        (hello.id, hello.hostname, hello.version, hello.instance) = (id, host, "1.0", instance)
        return try await self.hello(house, hello)
    }

    func hello(_ house: HelperHouse, _ hello: AgentHello) async throws -> AgentWelcome {
        let line = AgentLine(
            tell: { [self] order in state.withLock { $0.orders.append(order) } },
            end: { [self] reason in state.withLock { $0.end = reason } })
        let result = await withCheckedContinuation { continuation in
            house.desk.hub.enqueue { [desk = house.desk, caller] hub in
                let result = desk.welcome(hello, from: caller, by: line, in: hub)
                hub.whenDurable { _ in continuation.resume(returning: result) }
            }
        }
        guard case .durable(.json(let json)) = try result.get() else { throw Refusal.invalidQuery }
        return try AgentWelcome(json)
    }

    /// It is done once the hub has seen it.
    func leave(_ house: HelperHouse) async {
        caller.leave()
        await house.advance(0)
    }

    func report(_ house: HelperHouse, _ report: AgentReport) async throws -> JSON {
        await withCheckedContinuation { continuation in
            house.desk.perform(.report(report), for: caller) { reply in
                var bytes: [UInt8] = []
                reply.write(into: &bytes, version: .v2, queryID: nil)
                continuation.resume(returning: (try? JSON(parsing: bytes)) ?? .null)
            } pieces: { _ in
            }
        }
    }
}

extension HelperHouse {
    fileprivate func agents(_ rights: Rights = .all) async throws -> [JSON] {
        try await ask(#"{"agents":{}}"#, as: rights)["result"]?["agents"]?.array ?? []
    }

    fileprivate func configure(_ yaml: String) async throws {
        let source = YAMLSource(environment: [:], files: DiskFiles())
        let document = source.parse(yaml, file: "komoku.yaml")
        let report = SettingsReport(source: source, diagnostics: document.diagnostics)
        let reader = SettingsReader(try #require(document.root), report: report)
        let configuration = AgentsConfiguration.read(reader)
        reader.finish()
        #expect(report.diagnostics.sorted.map(\.message) == [])
        desk.hub.enqueue { [agents = desk.agents] in agents.configure(configuration, in: $0) }
        await advance(0)
    }
}

struct AgentShelfTests {
    @Test func aNewAgentGetsAnIdAndKeepsItOverRestarts() async throws {
        try await HelperHouse.run { first in
            let agent = FakeAgent()
            let welcome = try await agent.hello(first)
            #expect(welcome.id.utf8.count == 8 && welcome.id.allSatisfy { $0.isLetter || $0.isNumber })
            #expect(welcome.name == "attic" && welcome.config == AgentSettings())
            let listed = try await first.agents()
            #expect(listed.count == 1 && listed[0]["connected"] == true && listed[0]["address"] == "192.0.2.7")
            // The end of the process is no farewell.
            let second = try first.restarted(after: .seconds(60))
            let again = try await second.agents()
            #expect(again.count == 1 && again[0]["connected"] == false)
            for member in ["id", "name", "hostname", "version", "first_seen", "last_seen"] {
                #expect(again[0][member] == listed[0][member], "\(member)")
            }
            let back = try await FakeAgent().hello(second, id: welcome.id, instance: "2")
            #expect(back.id == welcome.id && back.name == "attic")
            #expect(try await second.agents()[0]["last_seen"] != listed[0]["last_seen"])
            second.stop()
        }
    }

    @Test func anIdThatTheHubDoesNotKnowIsReplaced() async throws {
        try await HelperHouse.run { house in
            let welcome = try await FakeAgent().hello(house, id: "forgotten")
            #expect(welcome.id != "forgotten")
            let other = try await FakeAgent().hello(house, host: "attic.example.org")
            #expect(other.id != welcome.id && other.name == "attic_2")
            #expect(try await FakeAgent().hello(house, host: "Büro-PC").name == "b_ro-pc")
            #expect(try await FakeAgent().hello(house, host: "...").name == "host")
        }
    }

    @Test func anAgentThatStartsAgainTakesItsOwnPlace() async throws {
        try await HelperHouse.run { house in
            let old = FakeAgent()
            let id = try await old.hello(house).id
            // The hub has not seen yet that the connection is gone.
            let new = FakeAgent()
            #expect(try await new.hello(house, id: id, instance: "2").id == id)
            #expect(old.end == "another agent came with the id \(id)" && new.end == nil)
            await old.leave(house)
            #expect(try await house.agents().map { $0["connected"] } == [true])
            // The same process with a new connection.
            #expect(try await FakeAgent().hello(house, id: id, instance: "2").id == id)
            #expect(try await house.agents().count == 1)
        }
    }

    @Test func clonedMachinesAreToldApart() async throws {
        try await HelperHouse.run { house in
            let first = FakeAgent()
            let id = try await first.hello(house, instance: "a").id
            let twin = FakeAgent()
            #expect(try await twin.hello(house, id: id, instance: "b").id == id)
            // Whose place was taken comes back: nobody else would under the same instance.
            let back = FakeAgent()
            let welcome = try await back.hello(house, id: id, instance: "a")
            #expect(welcome.id != id && welcome.name == "attic_2")
            #expect(twin.end == nil)
            let agents = try await house.agents()
            #expect(agents.count == 2 && agents.allSatisfy { $0["connected"] == true && $0["notice"] != nil })
            // From now on both have their own, also after a restart of the hub.
            let later = try house.restarted()
            #expect(try await FakeAgent().hello(later, id: id, instance: "b2").id == id)
            #expect(try await FakeAgent().hello(later, id: welcome.id, instance: "a2").id == welcome.id)
            later.stop()
        }
    }

    @Test func anAgentWhoseFirstAnswerWasLostIsRecognized() async throws {
        try await HelperHouse.run { house in
            let rights = Rights(reading: [], writing: [try KeyPattern(validating: "hosts.attic.**")])
            let id = try await FakeAgent(rights: rights).hello(house).id
            // It never heard of its id.
            #expect(try await FakeAgent(rights: rights).hello(house).id == id)
            #expect(try await house.agents().count == 1)
            #expect(try await FakeAgent().hello(house, instance: "2").name == "attic_2")
        }
    }

    @Test func whoIsRefusedChangesNothing() async throws {
        try await HelperHouse.run { house in
            let rights = Rights(reading: [], writing: [try KeyPattern(validating: "hosts.attic.**")])
            let id = try await FakeAgent().hello(house, instance: "a").id
            _ = try await FakeAgent().hello(house, id: id, instance: "b")
            // A clone with a token for the first name alone: refused each time, and the place stays where it is.
            for _ in 0..<3 {
                await #expect(throws: Refusal.self) {
                    try await FakeAgent(rights: rights).hello(house, id: id, instance: "a")
                }
            }
            let agents = try await house.agents()
            #expect(agents.count == 1 && agents[0]["notice"] == nil && agents[0]["connected"] == true)
        }
    }

    @Test func helloAgainAndAgainOnOneConnectionIsOneAgent() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            let id = try await agent.hello(house).id
            for _ in 0..<100 { #expect(try await agent.hello(house, id: id).id == id) }
            #expect(agent.end == nil)
            await agent.leave(house)
            #expect(try await house.agents().map { $0["connected"] } == [false])
        }
    }

    @Test func aNameThatMakesKeysTooLongIsRefused() async throws {
        try await HelperHouse.run { house in
            _ = try await FakeAgent().hello(house, host: "l")
            let key = "hosts.l." + String(repeating: "x", count: 200) + "." + String(repeating: "y", count: 40)
            #expect(try await house.ask(#"{"define":{"\#(key)":{"type":"numeric"}}}"#)["result"] == "ok")
            let name = String(repeating: "n", count: 64)
            #expect(try await house.ask(#"{"set_agent":{"agent":"l","name":"\#(name)"}}"#)["error"] == "invalid_key")
            #expect(try await house.agents()[0]["name"] == "l")
        }
    }

    @Test func whoMayNotPutTheKeysIsRefusedAndNotListed() async throws {
        try await HelperHouse.run { house in
            let rights = Rights(reading: [], writing: [try KeyPattern(validating: "hosts.nas.**")])
            let agent = FakeAgent(rights: rights)
            let refusal = await #expect(throws: Refusal.self) { try await agent.hello(house) }
            #expect(refusal?.code == "not_allowed" && refusal?.message?.contains("hosts.attic.**") == true)
            #expect(try await house.agents().isEmpty)
            #expect(try await FakeAgent(rights: rights).hello(house, host: "nas").name == "nas")
            // And others do not hear of it.
            #expect(try await house.agents(Rights(reading: [], writing: [])).isEmpty)
            let answer = try await agent.report(house, AgentReport(pull: 1))
            #expect(answer["error"] == "not_allowed")
        }
    }

    @Test func signsOfLifeAreAskedForAndMissed() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            _ = try await agent.hello(house)
            await house.advance(10)
            #expect(agent.pulls.count == 1)
            #expect(try await agent.report(house, AgentReport(pull: agent.pulls[0]))["result"] == "ok")
            for _ in 0..<3 { await house.advance(10) }
            #expect(agent.pulls.count == 4 && agent.end == nil)
            await house.advance(10)
            #expect(agent.end == "no answer to 3 healthbeats")
            #expect(try await house.agents()[0]["connected"] == false)
            // Its place is free.
            await agent.leave(house)
            let id = try #require(try await house.agents()[0]["id"]?.string)
            #expect(try await FakeAgent().hello(house, id: id, instance: "2").id == id)
        }
    }

    @Test func aClockThatIsSetChangesNoSignOfLife() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            _ = try await agent.hello(house)
            await house.jump(-3600)
            await house.advance(9)
            #expect(agent.pulls.isEmpty)
            await house.jump(7200)
            await house.advance(1)
            #expect(agent.pulls.count == 1)
        }
    }

    // MARK: The configuration

    private static let yaml = """
        agents:
          default: {cpu: 5s, sensors: off, network: {exclude: [wg*]}}
          regions: {home: {every: 20s, cpu: {every: 4s, cores: usage}}}
          zones: {cellar: {memory: 2s}}
          groups: {web: {healthbeat: 3s, filesystems: {include: [/]}}}
          hosts:
            attic: {region: home, group: web, memory: 1s}
        """

    @Test func whatIsSaidOfAMachineIsItsOwnThenItsGroupsThenEveryones() async throws {
        try await HelperHouse.run { house in
            try await house.configure(Self.yaml)
            var hello = AgentHello()
            (hello.hostname, hello.instance, hello.attributes) = ("nas", "1", ["zone": "cellar", "region": "away"])
            let nas = try await FakeAgent().hello(house, hello).config
            #expect(nas[.cpu] == .seconds(5) && nas[.sensors] == .zero && nas[.memory] == .seconds(2))
            #expect(nas.interfaces.exclude == ["wg*"] && nas.healthbeat == .seconds(10) && nas.cores == .all)
            let attic = try await FakeAgent().hello(house).config
            #expect(attic[.cpu] == .seconds(4) && attic[.sensors] == .seconds(20) && attic[.memory] == .seconds(1))
            #expect(attic.cores == .usage && attic.mounts.include == ["/"] && attic.healthbeat == .seconds(3))
            let shown = try await house.ask(#"{"agents":{"agent":"attic"}}"#)["result"]?["agents"]?.array?.first
            #expect(try AgentSettings(shown?["config"] ?? .null) == attic)
            #expect(shown?["attributes"] == ["group": "web", "region": "home"])
        }
    }

    @Test func aChangeReachesThoseThatItConcernsAtOnce() async throws {
        try await HelperHouse.run { house in
            let (attic, nas) = (FakeAgent(), FakeAgent())
            _ = try await attic.hello(house)
            let id = try await nas.hello(house, host: "nas").id
            try await house.configure("agents: {hosts: {attic: {cpu: 1s}}}")
            guard case .welcome(let welcome)? = attic.orders.last else {
                Issue.record("nothing came")
                return
            }
            #expect(welcome.config[.cpu] == .seconds(1) && welcome.name == "attic")
            #expect(nas.orders.isEmpty)
            try await house.configure("agents: {hosts: {attic: {cpu: 1s}}, groups: {web: {cpu: off}}}")
            #expect(attic.orders.count == 1 && nas.orders.isEmpty)
            // Where a machine belongs is said by a command, too, and outlives the process.
            #expect(
                try await house.ask(#"{"set_agent":{"agent":"\#(id)","attributes":{"group":"web"}}}"#)["result"] == "ok"
            )
            guard case .welcome(let other)? = nas.orders.last else {
                Issue.record("nothing came")
                return
            }
            #expect(other.config[.cpu] == .zero)
            let later = try house.restarted()
            try await later.configure("agents: {groups: {web: {cpu: 7s}}}")
            #expect(try await FakeAgent().hello(later, id: id, host: "nas", instance: "2").config[.cpu] == .seconds(7))
            later.stop()
        }
    }

    @Test func whatIsWrongInTheSectionIsSaidWithItsPlace() throws {
        func findings(_ yaml: String) throws -> [String] {
            let source = YAMLSource(environment: [:], files: DiskFiles())
            let document = source.parse(yaml, file: "komoku.yaml")
            let report = SettingsReport(source: source, diagnostics: document.diagnostics)
            let reader = SettingsReader(try #require(document.root), report: report)
            _ = AgentsConfiguration.read(reader)
            reader.finish()
            return report.diagnostics.sorted.map { "\($0.position.line): \($0.message)" }
        }
        #expect(try findings("agents:\n  default: {cpu: fast}").first?.hasPrefix("2: 'cpu' expects a period") == true)
        #expect(try findings("agents:\n  default: {cpu: 1ms}").count == 1)
        #expect(try findings("agents:\n  default: {cpus: 1s}").first?.contains("cpus") == true)
        #expect(try findings("agents:\n  groups: {web: {cores: all}}").count == 1)
        #expect(try findings("agents:\n  hosts: {a.b: {}}").count == 1)
        #expect(try findings("agents: {default: {memory: {every: 1s, include: [x]}}}").count == 1)
        #expect(try findings("agents: {default: {cpu: off, load: 0}}") == [])
    }

    // MARK: Names

    @Test func keysGoWithTheirAgent() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            let id = try await agent.hello(house).id
            _ = try await house.ask(#"{"define":{"hosts.attic.cpu.usage":{"type":"numeric"}}}"#)
            _ = try await house.put("hosts.attic.cpu.usage", "3")
            #expect(try await house.ask(#"{"set_agent":{"agent":"attic","name":"roof"}}"#)["result"] == "ok")
            #expect(try await house.value("hosts.roof.cpu.usage") == 3)
            guard case .welcome(let welcome)? = agent.orders.last else {
                Issue.record("nothing came")
                return
            }
            #expect(welcome.id == id && welcome.name == "roof")
            // A name that is taken, by an agent or by keys.
            _ = try await FakeAgent().hello(house, host: "nas")
            #expect(try await house.ask(#"{"set_agent":{"agent":"roof","name":"nas"}}"#)["error"] == "key_exists")
            _ = try await house.ask(#"{"define":{"hosts.old.cpu.usage":{"type":"numeric"}}}"#)
            #expect(try await house.ask(#"{"set_agent":{"agent":"roof","name":"old"}}"#)["error"] == "key_exists")
            #expect(try await house.value("hosts.roof.cpu.usage") == 3)
            #expect(await house.complaint(#"{"set_agent":{"agent":"roof","name":"a.b"}}"#) != nil)
            #expect(try await house.ask(#"{"set_agent":{"agent":"nobody","name":"x"}}"#)["error"] == "not_found")
        }
    }

    @Test func whoIsForgottenComesBackAsANewOne() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            let id = try await agent.hello(house).id
            #expect(try await house.ask(#"{"forget_agent":{"agent":"attic"}}"#)["result"] == "ok")
            #expect(agent.end?.contains("forgotten") == true)
            #expect(try await house.agents().isEmpty)
            let later = try house.restarted()
            #expect(try await later.agents().isEmpty)
            let welcome = try await FakeAgent().hello(later, id: id, instance: "1")
            #expect(welcome.id != id && welcome.name == "attic")
            later.stop()
        }
    }

    @Test func factsAreKept() async throws {
        try await HelperHouse.run { house in
            let agent = FakeAgent()
            _ = try await agent.hello(house)
            #expect(try await agent.report(house, AgentReport(facts: ["kernel": "6.1"]))["result"] == "ok")
            let later = try house.restarted()
            let shown = try await later.ask(#"{"agents":{"agent":"attic"}}"#)["result"]?["agents"]?.array?.first
            #expect(shown?["facts"] == ["kernel": "6.1"])
            later.stop()
        }
    }
}
