import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct IntegerColumnTests {
    /// What numbers of a column may look like.
    enum Shape: CaseIterable {
        case constant, regular, jitter, walk, steps, missing, symbols, runs, uniform, curve, extremes, anything
    }

    static func numbers(_ shape: Shape, count: Int, _ random: inout SplitMix) -> [Int64] {
        let units: [Int64] = [1, 1000, 10_000_000, 1 << 40]
        let unit = units.randomElement(using: &random) ?? 1
        var number = Int64.random(in: -1_000_000...1_000_000, using: &random)
        let symbols: [Int64] = [3, 17, 900, 12]
        let extremes: [Int64] = [.min, .max, 0, -1, 1, .min + 1]
        func next(_ index: Int64) -> Int64 {
            switch shape {
            case .constant: break
            case .regular: number &+= 5 &* unit
            case .jitter: return (index * 1000 + Int64.random(in: -20...20, using: &random)) &* unit
            case .walk: number &+= Int64.random(in: -15...15, using: &random) &* unit
            case .steps: if random.chance(3) { number &+= Int64.random(in: -1...1, using: &random) &* unit }
            case .missing: number &+= random.chance(2) ? 20 &* unit : 10 &* unit
            case .symbols: return symbols.randomElement(using: &random) ?? 0
            case .runs: if random.chance(5) { number = Int64.random(in: 0...3, using: &random) }
            case .uniform: return Int64.random(in: 0..<777, using: &random) &* unit
            case .curve: return index &* index &* unit
            case .extremes: return extremes.randomElement(using: &random) ?? 0
            case .anything: return Int64.random(in: .min ... .max, using: &random)
            }
            return number
        }
        return (0..<count).map { next(Int64($0)) }
    }

    static func encoded(_ numbers: [Int64]) -> [UInt8] {
        var writer = ByteWriter()
        IntegerColumn.encode(numbers, into: &writer)
        return writer.bytes
    }

    @Test(arguments: Shape.allCases, [0, 1, 2, 3, 15, 16, 47, 48, 200, 1100])
    func whatIsEncodedIsDecoded(shape: Shape, count: Int) throws {
        for seed in 0..<UInt64(3) {
            var random = SplitMix(seed: seed)
            let numbers = Self.numbers(shape, count: count, &random)
            var reader = ByteReader(Self.encoded(numbers)[...])
            let decoded = try IntegerColumn.decode(count: count, from: &reader)
            #expect(decoded == numbers, "\(shape) \(count) seed \(seed)")
            #expect(reader.remaining == 0)
        }
    }

    /// What 8,192 numbers may take, in bytes.
    @Test(
        arguments: [
            (.constant, 12), (.regular, 20), (.jitter, 5900), (.walk, 5300), (.steps, 460), (.missing, 260),
            (.symbols, 3900), (.runs, 900), (.uniform, 9990), (.curve, 60),
        ] as [(Shape, Int)])
    func columnsTakeWhatCannotBeForeseen(shape: Shape, limit: Int) {
        for seed in 0..<UInt64(2) {
            var random = SplitMix(seed: seed)
            let size = Self.encoded(Self.numbers(shape, count: 8192, &random)).count
            #expect(size <= limit, "\(shape) seed \(seed)")
        }
    }

    @Test func theBytesAreThoseOfTheFormat() {
        // Constant: plain, zigzag, zeros; the first number; the centre.
        #expect(Self.encoded([7, 7, 7]) == [0x04, 14, 0])
        // One number has no residual, and so no centre.
        #expect(Self.encoded([-3]) == [0x04, 5])
        // Differences of 2 times 1,000, their centre 1.
        #expect(Self.encoded([0, 1000, 2000, 3000]) == [0x04 | 0x08 | 1, 0, 0xE8, 0x07, 2])
        // Plain, packed: the smallest is taken off, five numbers with four bits.
        #expect(Self.encoded([0, 9, 1, 14, 1, 15]) == [0x10, 0, 2, 4, 0x08, 0x0D, 0x0E])
    }

    @Test(arguments: Shape.allCases)
    func noBytesTrap(shape: Shape) {
        var random = SplitMix(seed: 9)
        for count in [1, 2, 30, 300, 1200] {
            let valid = Self.encoded(Self.numbers(shape, count: count, &random))
            for _ in 0..<(count > 1000 ? 10 : 60) {
                var reader = ByteReader(Mutation.unsealed(valid, &random)[...])
                if let numbers = try? IntegerColumn.decode(count: count, from: &reader) {
                    #expect(numbers.count == count)
                }
            }
        }
    }
}
