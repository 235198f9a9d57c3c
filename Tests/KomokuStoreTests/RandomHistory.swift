import Komoku
import KomokuTesting

@testable import KomokuStore

/// Points as keys of each kind have them, from a seed.
enum RandomHistory: CaseIterable {
    case gauge, counter, boolean, text, mixed

    static let start: Int64 = 1_700_000_000_000_000

    func points(_ count: Int, gaps: Int = 10, _ random: inout SplitMix) -> [Point] {
        var time = Self.start
        var meter = Double(Int.random(in: 0...2000, using: &random))
        return (0..<count).map { _ in
            time += Int64.random(in: 1...90_000_000, using: &random)
            let value = random.chance(gaps) ? nil : value(&meter, &random)
            return Point(time, value)
        }
    }

    private func value(_ meter: inout Double, _ random: inout SplitMix) -> Value {
        switch self {
        case .gauge: return .number(Double(Int.random(in: -200...400, using: &random)) / 10)
        case .boolean: return .boolean(random.chance(50))
        case .text: return .string(["off", "on", "é", "e\u{301}", ""].randomElement(using: &random) ?? "")
        case .counter: return .number(Self.reading(&meter, &random))
        case .mixed:
            let kind = [Self.gauge, .counter, .boolean, .text].randomElement(using: &random) ?? .gauge
            return kind.value(&meter, &random)
        }
    }

    /// A meter with resets, glitches, spikes and corrections, also close to each other.
    private static func reading(_ meter: inout Double, _ random: inout SplitMix) -> Double {
        switch Int.random(in: 0..<20, using: &random) {
        case 0: return 0
        case 1: return meter * 50 + 7
        case 2: return (meter * 0.95).rounded()
        case 3: meter = Double(Int.random(in: 0...3, using: &random))
        case 4: break
        default: meter += Double(Int.random(in: 0...40, using: &random)) / 4
        }
        return meter
    }
}

/// Whether two sums of some numbers are the same but for rounding.
func isNear(_ left: Double, _ right: Double, scale: Double = 0) -> Bool {
    left == right || abs(left - right) <= 1e-9 * max(abs(left), abs(right), scale)
}
