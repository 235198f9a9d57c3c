import Glibc
import Komoku
import KomokuHub
import Testing

@testable import KomokuRules

/// Figures of a release build, printed where `KOMOKU_FIGURES` is set.
@Suite(.serialized, .enabled(if: getenv("KOMOKU_FIGURES") != nil))
struct EngineFigures {
    private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let begin = clock.now
        try await body()
        let passed = clock.now - begin
        return Double(passed.components.seconds) + Double(passed.components.attoseconds) / 1e18
    }

    private func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = fread(&buffer, 1, 128, file)
        let words = String(decoding: buffer.prefix(count), as: UTF8.self).split(separator: " ")
        return (Int(words[1]) ?? 0) * 4096
    }

    @Test func `runs a second: a change, a condition, a put`() async throws {
        let rules = """
            rules: [{name: a, when: {change: hall.lux}, if: "hall.lux > 0 and not house.asleep", then: {put: {count: "hall.lux * 2"}}}]
            """
        try await EngineHouse.run(rules) { house in
            try await house.put("house.asleep", false)
            let key = try #require(KeyName("hall.lux"))
            let count = 100_000
            let time = try await seconds {
                for batch in 0..<100 {
                    try await Self.puts(house.hub, key, from: batch * 1000 + 1, count / 100)
                }
            }
            let counters = await house.on { _, engine in engine.counters }
            #expect(counters.runs == count)
            print("runs a second:", Int(Double(count) / time))
        }
    }

    private static func puts(_ hub: isolated Hub, _ key: KeyName, from: Int, _ count: Int) throws {
        for number in from..<(from + count) { try hub.put(key, .number(Double(number)), cause: .client("test")) }
    }

    @Test func `an unrelated change with 10 and with 10,000 rules`() async throws {
        for count in [0, 10, 10_000] {
            let lines = (0..<count).map { number in
                let kinds = [
                    "{change: room1.temperature}", "{becomes: 'hall.power > \(number)'}", "{change: 'door.*'}",
                    "{mqtt: 'a/\(number)/+'}",
                ]
                return "  - {name: r\(number), when: \(kinds[number % 4]), then: {log: x}}"
            }
            var set = RuleSet()
            for begin in stride(from: 0, to: count, by: 1000) {
                let part = lines[begin..<min(count, begin + 1000)].joined(separator: "\n")
                set.rules += try EngineHouse.read("rules:\n" + part).rules
            }
            try await EngineHouse.run(set) { house in
                let key = try #require(KeyName("hall.lux"))
                try await Self.puts(house.hub, key, from: 1, 1000)
                let time = try await seconds { try await Self.puts(house.hub, key, from: 2000, 100_000) }
                print("unrelated change with \(count) rules:", Int(time * 1e9 / 100_000), "ns")
            }
        }
    }

    @Test func `100,000 runs that wait`() async throws {
        let rules = """
            rules: [{name: a, mode: parallel, when: {change: hall.lux}, then: [{put: {count: value}}, {wait: 1h}, {increment: hall.power}]}]
            """
        let rule = try #require(try EngineHouse.read(rules).rules.first)
        // More than a configuration may say.
        let many = RuleSet([
            Rule(
                name: rule.name, position: rule.position, hash: rule.hash, triggers: rule.triggers, condition: nil,
                program: rule.program, mode: .parallel(max: 200_000))
        ])
        try await EngineHouse.run(many) { house in
            try await house.put("hall.power", 0)
            let key = try #require(KeyName("hall.lux"))
            let before = resident()
            let time = try await seconds {
                for batch in 0..<100 {
                    try await Self.puts(house.hub, key, from: batch * 1000 + 1, 1000)
                    await withCheckedContinuation { done in
                        house.hub.enqueue { hub in hub.whenDurable { _ in done.resume() } }
                    }
                }
            }
            print("100,000 waiting: \((resident() - before) / 1_048_576) MiB, made in \(time) s")
            let sample = await house.on { hub, engine in
                engine.runs.values.lazy.compactMap { if case .packed(let bytes) = $0.form { bytes } else { nil } }.first
            }
            print(String(decoding: sample ?? [], as: UTF8.self))
            let stop = await seconds { house.stop() }
            let boot = try await seconds { try await house.restart(many) }
            print("stopped in \(stop) s, boot with them: \(boot) s")
            #expect(await house.on { hub, engine in engine.runs.count } == 100_000)
            let woken = await seconds { await house.advance(.seconds(3601)) }
            print("woken in: \(woken) s")
            #expect(try await house.value("hall.power") == .number(100_000))
        }
    }
}
