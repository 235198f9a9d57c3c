import Foundation
import KomokuSQLite
import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

/// A store's disk loses its power after any of its operations. See `docs/reliability.md`.
@Suite struct PowerCutTests {
    @Test(arguments: [UInt64(1), 2])
    func whatWasAcknowledgedSurvivesAPowerCut(seed: UInt64) async throws {
        let run = try await PowerCutRun(seed: seed, durability: .full, steps: 400)
        let result = try await run.check(cuts: 450)
        #expect(result.lost == 0)
        #expect(result.cuts == 450)
    }

    /// A failed sync leaves writes behind of which nobody knows whether they are on the disk.
    @Test func aDiskThatFailsBeforeThePowerCutCostsNothingEither() async throws {
        let run = try await PowerCutRun(seed: 4, durability: .full, steps: 300, isFaulty: true)
        let result = try await run.check(cuts: 200)
        #expect(result.lost == 0)
    }

    /// Shows that the cuts take something away, and that a store that does not sync loses its last commits only.
    @Test func withoutSyncsAPowerCutCostsTheLastCommitsOnly() async throws {
        let run = try await PowerCutRun(seed: 3, durability: .normal, steps: 150)
        let result = try await run.check(cuts: 100, mayLose: true)
        #expect(result.lost > 0)
    }
}

/// `make soak`: as many cuts as `KOMOKU_SOAK` says, over workloads of 300 cuts each.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["KOMOKU_SOAK"] != nil))
struct SoakPowerCutTests {
    @Test func whatWasAcknowledgedSurvivesEveryPowerCut() async throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["KOMOKU_SOAK"].flatMap(Int.init) ?? 20_000
        var seed = environment["KOMOKU_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 1000...1_000_000)
        print("the first seed is \(seed)")
        var (done, operations) = (0, 0)
        let began = ContinuousClock.now
        while done < wanted {
            let run = try await PowerCutRun(seed: seed, durability: .full, steps: 300, isFaulty: seed % 4 == 0)
            let result = try await run.check(cuts: min(300, wanted - done))
            #expect(result.lost == 0)
            done += result.cuts
            operations += run.operations
            seed += 1
            if result.failures > 0 { break }
        }
        print("\(done) power cuts over \(operations) operations in \(ContinuousClock.now - began)")
    }
}
