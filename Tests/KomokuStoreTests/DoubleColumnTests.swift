import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct DoubleColumnTests {
    enum Shape: CaseIterable {
        case constant, decimals, integers, fine, large, minusZero, noise, singles, thirds, extremes
    }

    static func numbers(_ shape: Shape, count: Int, _ random: inout SplitMix) -> [Double] {
        let decimals = Int.random(in: 1...6, using: &random)
        var walk = 2000
        return (0..<count).map { _ in
            walk += Int.random(in: -15...15, using: &random)
            switch shape {
            case .constant: return 0.1
            case .decimals: return Double(walk) / DecimalScale.powers[decimals]
            case .integers: return Double(walk * 10)
            case .fine: return Double(walk) / 1e15
            case .large: return Double(9_007_199_254_740_991 - abs(walk))
            case .minusZero: return random.chance(2) ? -0.0 : Double(walk) / 10
            case .noise: return Double.random(in: -1...1, using: &random)
            case .singles: return Double(Float(walk) / 37)
            case .thirds: return Double(walk % 7) / 3
            case .extremes:
                return [-0.0, 0, 1e300, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1 + 0.2, 0x1p53]
                    .randomElement(using: &random) ?? 0
            }
        }
    }

    static func encoded(_ numbers: [Double]) -> [UInt8] {
        var writer = ByteWriter()
        DoubleColumn.encode(numbers, into: &writer)
        return writer.bytes
    }

    @Test(arguments: Shape.allCases, [0, 1, 2, 31, 33, 700])
    func everyBitIsKept(shape: Shape, count: Int) throws {
        for seed in 0..<UInt64(3) {
            var random = SplitMix(seed: seed)
            let numbers = Self.numbers(shape, count: count, &random)
            var reader = ByteReader(Self.encoded(numbers)[...])
            let decoded = try DoubleColumn.decode(count: count, from: &reader)
            #expect(decoded.map(\.bitPattern) == numbers.map(\.bitPattern), "\(shape) \(count) seed \(seed)")
            #expect(reader.remaining == 0)
        }
    }

    /// What 5,000 numbers may take, in bytes.
    @Test(
        arguments: [
            (.constant, 8), (.decimals, 3240), (.integers, 3240), (.fine, 3240), (.large, 3240), (.minusZero, 4600),
            (.thirds, 1850), (.singles, 17_000), (.noise, 40_000), (.extremes, 1850),
        ] as [(Shape, Int)])
    func fewBytesAreNeeded(shape: Shape, limit: Int) {
        var random = SplitMix(seed: 1)
        #expect(Self.encoded(Self.numbers(shape, count: 5000, &random)).count <= limit, "\(shape)")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func whatIsNoNumberIsRefused(number: Double) {
        var reader = ByteReader(Self.encoded([1, number])[...])
        #expect(throws: Corruption.self) { try DoubleColumn.decode(count: 2, from: &reader) }
    }

    @Test(arguments: Shape.allCases)
    func noBytesTrap(shape: Shape) {
        var random = SplitMix(seed: 3)
        for count in [1, 40, 700] {
            let valid = Self.encoded(Self.numbers(shape, count: count, &random))
            for _ in 0..<50 {
                var reader = ByteReader(Mutation.unsealed(valid, &random)[...])
                if let numbers = try? DoubleColumn.decode(count: count, from: &reader) {
                    #expect(numbers.count == count)
                    #expect(numbers.allSatisfy { $0.isFinite })
                }
            }
        }
    }
}
