import Komoku
import KomokuHub
import KomokuStore
import KomokuTesting
import Testing

@testable import KomokuRules

/// Cells as no engine wrote them.
struct EngineCellFuzzTests {
    private static let rules = """
        rules:
          - {name: a, mode: parallel, when: [{change: note}, {change: 'door.*', to: true, for: 5m}, {every: 1h}], if: "count(hall.power, 1h) >= 0", then: [{wait: 5m}, {wait_until: hall.lux > 3, timeout: 5m}, {put: {count: 1}}]}
        """

    @Test(arguments: [UInt64](1...4))
    func `damaged cells trap nothing and are gone in the end`(_ seed: UInt64) async throws {
        try await EngineHouse.run(Self.rules) { house in
            try await house.put("note", "x")
            try await house.put("door.front", true)
            try await house.restart(Self.rules, after: .seconds(10))
            let rows = try house.store.cells()
            #expect(Set(rows.map(\.behaviour)) == ["run", "hold", "schedule"])
            var random = SplitMix(seed: seed)
            var damaged: [(EngineCell, String, JSON)] = []
            for number in 0..<200 {
                let row = try #require(rows.randomElement(using: &random))
                let kind = try #require(EngineCell.allCases.randomElement(using: &random))
                var data = Self.damaged((row.data ?? .null).bytes, &random)
                if number % 7 == 0 { data = .null }
                let id =
                    number % 3 == 0
                    ? String(decoding: Self.damaged(Array(row.id.utf8), &random).bytes, as: UTF8.self) : row.id
                damaged.append((kind, id + (number % 5 == 0 ? "" : "\(number)"), data))
                damaged.append((kind, row.id.replacing(" 1 ", with: " \(number) "), data))
            }
            let cells = damaged
            await house.on { hub, engine in
                for (kind, id, data) in cells { engine.write(kind, id, data, due: hub.clock.now, in: hub) }
            }
            try await house.restart(Self.rules)
            await house.advance(.seconds(400), step: .seconds(50))
            try await house.put("hall.lux", 5)
            await house.advance(.seconds(3600), step: .seconds(300))
            try await house.restart("rules: []")
            try await house.restart("rules: []")
            #expect(try house.cells() == [])
        }
    }

    private static func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> JSON {
        var bytes = bytes
        for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
            let slot = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0...2, using: &random) {
            case 0: bytes[slot] = UInt8.random(in: 32...126, using: &random)
            case 1: bytes.remove(at: slot)
            default: bytes.insert(UInt8.random(in: 48...57, using: &random), at: slot)
            }
        }
        return (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
    }
}
