import Komoku
import KomokuTesting
import Testing

/// A process that may name little memory: glibc and Dispatch take far more than they use.
@Suite struct AddressSpaceTests {
    private func hub(_ house: House, limit: Int) throws -> RunningProcess {
        let program = "\(RunningProcess.product("komokud")) --config \(house.folder.path("komoku.yaml"))"
        return try RunningProcess("/bin/bash", ["-c", "ulimit -v \(limit); exec \(program)"])
    }

    @Test func `the hub makes do with 250 MB`() async throws {
        let house = try House("map: [{topic: \"s/{name}\", key: \"{name}\", type: numeric}]")
        defer { house.remove() }
        let hub = try hub(house, limit: 250_000)
        defer { hub.end() }
        try await hub.line("subscribed")
        #expect(try await house.komoku("put", "a.b", "1").code == 0)
    }

    @Test func `where that is too little it says so and ends`() async throws {
        let house = try House("")
        defer { house.remove() }
        let hub = try hub(house, limit: 100_000)
        defer { hub.end() }
        try await hub.line("address space")
    }
}
