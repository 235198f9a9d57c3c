import Komoku
import KomokuTesting
import Testing

@testable import KomokuRules

/// Whatever JSON is taken for a run's state, reading it ends, and what was read can go on.
struct RunCodingFuzzTests {
    static let scraps: [JSON] = [
        .null, 0, -1, 1, 2, 10_001, 1e300, -0.5, "", "waiting", "until", "outside", "failed", "pausing", "ended",
        "ready",
        "9223372036854775807", "-9223372036854775809", "a..b", "s1", [], [[]], ["a"], ["a", 1], [:], ["p": 1], true,
        .array(Array(repeating: .object([JSON.Member("p", 3)]), count: 20)),
        .string(String(repeating: "é", count: 40_000)),
    ]

    private func mutated(_ json: JSON, using random: inout SplitMix) -> JSON {
        let isHere = Int.random(in: 0..<6, using: &random) == 0
        switch json {
        case .array(var items) where !isHere && !items.isEmpty:
            let index = items.indices.randomElement(using: &random) ?? 0
            if Int.random(in: 0..<8, using: &random) == 0 {
                items.insert(items[index], at: index)
            } else {
                items[index] = mutated(items[index], using: &random)
            }
            return .array(items)
        case .object(var members) where !isHere && !members.isEmpty:
            let index = members.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<8, using: &random) {
            case 0: members.remove(at: index)
            case 1: members.append(JSON.Member(["l", "o", "s", "z", "x"].randomElement(using: &random) ?? "", 1))
            default: members[index].value = mutated(members[index].value, using: &random)
            }
            return .object(members)
        default: return Self.scraps.randomElement(using: &random) ?? .null
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func mutationsNeverTrap(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let (laden, rule, script) = try RunCodingTests.laden()
        var (read, refused) = (0, 0)
        for _ in 0..<600 {
            var json = laden.coded
            for _ in 0..<Int.random(in: 1...3, using: &random) { json = mutated(json, using: &random) }
            guard var run = Run(coding: json, rule: rule, script: { _ in script }) else {
                refused += 1
                continue
            }
            read += 1
            #expect(Run(coding: run.coded, rule: rule, script: { _ in script })?.coded == run.coded)
            #expect(run.effects.count <= RunRecord.maximumEffects && !run.step.isEmpty)
            var stage = Stage(scripts: [script])
            for _ in 0..<20 {
                _ = stage.step(&run)
                run.woke()
                run.succeeded()
                run.timedOut()
            }
        }
        #expect(read > 50 && refused > 50, "\(read) \(refused)")
    }

    @Test func scrapsAreRefused() throws {
        let (_, rule, script) = try RunCodingTests.laden()
        for scrap in Self.scraps { #expect(Run(coding: scrap, rule: rule, script: { _ in script }) == nil) }
        for scrap in Self.scraps { #expect(Occasion(coding: scrap) == nil) }
    }
}
