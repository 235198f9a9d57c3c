import Glibc
import Testing

/// A hub with rules that is killed at any moment loses nothing that it answered, and does nothing twice that it stores.
///
/// `KOMOKU_SOAK` is how many seeds there are instead of the usual ones, each with every moment; `KOMOKU_SEED` is the one to
/// run alone, or the first and the last: `251-500`.
@Suite("A hub that is killed")
struct SimulationTests {
    /// The numbers in a variable of the environment.
    private static func numbers(_ name: String) -> [UInt64] {
        getenv(name).map { String(cString: $0).split(separator: "-").compactMap { UInt64($0) } } ?? []
    }

    private static let isWhole = !numbers("KOMOKU_SOAK").isEmpty || !numbers("KOMOKU_SEED").isEmpty

    static let seeds: [UInt64] = {
        let given = numbers("KOMOKU_SEED")
        if let first = given.first, let last = given.last, first <= last { return Array(first...last) }
        return Array(1...max(1, numbers("KOMOKU_SOAK").first ?? 30))
    }()

    /// Hubs at a time: each has threads of its own.
    private static let width = 2

    @Test("loses nothing and does nothing twice")
    func kill() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, seed) in Self.seeds.enumerated() {
                if index >= Self.width { try await group.next() }
                group.addTask { try await Self.run(seed) }
            }
            try await group.waitForAll()
        }
    }

    private static func run(_ seed: UInt64) async throws {
        let scenario = Scenario(seed: seed)
        var kills = Simulator.Kill.all(steps: scenario.steps.count)
        // The usual run takes seconds: each seed has a few moments, all seeds together have all of them.
        if !isWhole { kills = kills.enumerated().filter { ($0.offset + Int(seed)) % 7 == 0 }.map(\.element) }
        for kill in kills {
            var simulator = try Simulator(scenario, kill: kill)
            let faults = try await simulator.run()
            if faults.isEmpty { continue }
            let steps = scenario.steps.enumerated().map { "  \($0.offset) \($0.element)" }.joined(separator: "\n")
            Issue.record("seed \(seed), killed \(kill):\n\(steps)\n\(faults.joined(separator: "\n"))")
        }
    }
}
