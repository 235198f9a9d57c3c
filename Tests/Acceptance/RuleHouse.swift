import Komoku
import KomokuTesting
import Testing

/// What tests of rules ask of a house.
extension House {
    /// For programs that talk to the hub.
    var address: [String: String] { ["KOMOKU_SERVER": "ws://127.0.0.1:\(ports.v2)"] }

    func put(_ key: String, _ value: String) async throws {
        let (code, output) = try await komoku("put", key, "--", value)
        #expect(code == 0, "\(output)")
    }

    /// The answer of a command to `--json`.
    func answer(_ arguments: String...) async throws -> JSON {
        try JSON(parsing: try await komoku(arguments + ["--json"]).output.joined())
    }

    /// The records of a rule in the why log, oldest first.
    func runs(of rule: String) async throws -> [JSON] {
        (try await answer("runs", "--rule", rule)["runs"]?.array ?? []).reversed()
    }

    /// Waits until the why log has a record of a rule with that outcome.
    @discardableResult
    func run(of rule: String, _ outcome: String) async throws -> JSON {
        let feed = try RunningProcess("komoku", ["runs", "--rule", rule, "--follow", "--json"], environment: address)
        defer { feed.end() }
        @Sendable func find(_ lines: [String]) -> JSON? {
            lines.lazy.compactMap { try? JSON(parsing: $0) }.first { $0["outcome"]?.string == outcome }
        }
        return try #require(find(try await feed.lines.wait(within: .seconds(60)) { find($0) != nil }))
    }
}
