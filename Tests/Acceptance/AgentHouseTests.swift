import FoundationEssentials
import Glibc
import Komoku
import KomokuClient
import KomokuTesting
import KomokuWire
import Testing

/// `komoku agent` as a program, beside the hub as a program.
@Suite(.timeLimit(.minutes(5))) struct AgentHouseTests {
    private static let settings = "agents: {default: {healthbeat: 1s, every: 200ms, facts: 1s, units: off}}"

    private func agent(_ house: House, _ name: String = "attic", _ more: String...) throws -> RunningProcess {
        try RunningProcess(
            "komoku",
            [
                "agent", "--name", name, "--every", "200ms", "--outbox", house.folder.path("\(name).db"), "--output",
                house.folder.path("\(name).jsonl"), "--time-format", "unix_ns",
            ] + more, environment: ["KOMOKU_SERVER": "ws://127.0.0.1:\(house.ports.v2)"])
    }

    private static func text(_ house: House, _ file: String) throws -> String {
        try String(contentsOfFile: house.folder.path(file), encoding: .utf8)
    }

    /// What an agent has read and kept, by key: times in microseconds, with values.
    private func readings(_ house: House, _ name: String = "attic") throws -> [String: [Int64: JSON]] {
        var found: [String: [Int64: JSON]] = [:]
        for line in try Self.text(house, "\(name).jsonl").split(separator: "\n") {
            guard let json = try? JSON(parsing: line.utf8), let key = json["key"]?.string,
                let time = json["time"]?.string.flatMap(Int64.init), let value = json["value"]
            else { continue }
            found[key, default: [:]][time / 1000] = value
        }
        return found
    }

    /// Waits for so many readings.
    private func wait(_ house: House, until count: Int, of name: String = "attic") async throws {
        for _ in 0..<1200 {
            if try (Self.text(house, "\(name).jsonl").utf8.split(separator: UInt8(ascii: "\n")).count) >= count {
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("no \(count) readings came")
    }

    private func agents(_ house: House) async throws -> [JSON] {
        let (_, output) = try await house.komoku("agents", "--json")
        return try JSON(parsing: output.joined())["agents"]?.array ?? []
    }

    @Test func `each reading is in the history once, whatever is killed`() async throws {
        let house = try House(Self.settings)
        defer { house.remove() }
        try house.folder.write("", to: "attic.jsonl")
        // The hub is not there yet.
        var agent = try agent(house)
        try await wait(house, until: 100)
        for round in 1...3 {
            let hub = try await house.start(subscribed: false)
            try await wait(house, until: 1000 * round)
            hub.end(SIGKILL)
            if round == 2 {
                agent.end(SIGKILL)
                agent = try self.agent(house)
            }
            try await wait(house, until: 1000 * round + 500)
        }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        agent.end()
        // The last ones wait in the file: another agent sends them.
        let newest = try #require(try readings(house)["uptime"]?.keys.max())
        let last = try self.agent(house)
        let client = Client(try HubAddress("ws://127.0.0.1:\(house.ports.v2)"))
        for _ in 0..<600 {
            let point = try? await client.history("hosts.attic.uptime", limit: 1).last
            if point?.time.microseconds ?? 0 >= newest { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        last.end()
        let read = try readings(house)
        #expect(read.count > 30)
        for (key, all) in read where ["uptime", "load.1m", "memory.free", "network.eth0.received"].contains(key) {
            let points = try await client.history("hosts.attic.\(key)", limit: 100_000)
            #expect(zip(points, points.dropFirst()).allSatisfy { $0.time < $1.time }, "\(key)")
            let stored = Dictionary(points.map { ($0.time.microseconds, $0.value) }) { first, _ in first }
            #expect(stored.count == points.count)
            // The last readings of the last agent wait for the next.
            let sorted = all.sorted { $0.key < $1.key }.dropLast(20)
            // A value that is as the one before is no point of its own.
            let times = zip(sorted, sorted.dropFirst()).filter { $0.value != $1.value }.map(\.1.key)
            let missing = times.filter { stored[$0] == nil }
            #expect(missing.isEmpty, "\(missing.count) of \(times.count) of \(key)")
            #expect(times.allSatisfy { stored[$0] == nil || stored[$0] == all[$0] }, "\(key)")
            if key == "uptime" { #expect(times.count > 20) }
        }
        await client.close()
        #expect(try await agents(house).count == 1)
    }

    @Test func `the id outlives both, and a machine that was cloned gets one of its own`() async throws {
        let house = try House(Self.settings)
        defer { house.remove() }
        var hub = try await house.start(subscribed: false)
        var attic = try agent(house)
        try await house.wait(for: "hosts.attic.online", true)
        let id = try #require(try await agents(house).first?["id"])
        hub.end(SIGKILL)
        attic.end(SIGKILL)
        hub = try await house.start(subscribed: false)
        defer { hub.end() }
        #expect(try await agents(house).map { $0["id"] } == [id])
        attic = try agent(house)
        defer { attic.end() }
        try await wait(house) { $0.count == 1 && $0[0]["id"] == id && $0[0]["connected"] == true }
        try house.folder.write(Self.text(house, "attic.db.id"), to: "clone.db.id")
        let clone = try agent(house, "clone")
        defer { clone.end() }
        try await wait(house) { $0.count == 2 && $0.allSatisfy { $0["connected"] == true && $0["notice"] != nil } }
    }

    private func wait(_ house: House, for state: ([JSON]) -> Bool) async throws {
        for _ in 0..<300 {
            if state(try await agents(house)) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("the agents are \(try await agents(house))")
    }

    @Test func `a change of the configuration reaches the agent`() async throws {
        let house = try House(Self.settings)
        defer { house.remove() }
        let hub = try await house.start(subscribed: false)
        defer { hub.end() }
        let agent = try agent(house)
        defer { agent.end() }
        try await house.wait(for: "hosts.attic.online", true)
        try house.write("agents: {default: {healthbeat: 1s, every: off, load: 100ms}}")
        #expect(try await house.komoku("reload").code == 0)
        // Nothing else is read any more: the newest figures of others stay as they are.
        for _ in 0..<300 {
            let (before, loads) = (try readings(house)["uptime"]?.count, try readings(house)["load.1m"]?.count ?? 0)
            try await wait(house, until: try Self.text(house, "attic.jsonl").split(separator: "\n").count + 30)
            let after = try readings(house)
            if after["uptime"]?.count == before, after["load.1m"]?.count ?? 0 > loads + 5 { return }
        }
        Issue.record("the agent goes on as before")
    }
}
