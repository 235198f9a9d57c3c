import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct BitTests {
    @Test(arguments: 0..<UInt64(20))
    func whatIsWrittenIsRead(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let items = (0..<500).map { _ in
            let count = Int.random(in: 0...64, using: &random)
            return (bits: random.next() & (count == 64 ? .max : (1 << UInt64(count)) - 1), count: count)
        }
        var writer = BitWriter(capacity: 0)
        for item in items { writer.writeLong(item.bits, count: item.count) }
        let bytes = writer.finish()
        bytes.withUnsafeBytes { buffer in
            var reader = BitReader(buffer)
            for item in items { #expect(reader.read(item.count) == item.bits, "seed \(seed)") }
            #expect(reader.usedBytes == bytes.count)
            #expect(!reader.isOverrun)
            _ = reader.read(8)
            #expect(reader.isOverrun)
        }
    }
}

@Suite struct PrefixCodeTests {
    /// Counts of all sizes: even ones, and ones that grow so fast that a tree would be deeper than a code may be long.
    static func counts(_ random: inout SplitMix) -> [Int] {
        let isSteep = random.chance(30)
        return (0..<Int.random(in: 1...512, using: &random)).map { symbol in
            if random.chance(30) { return 0 }
            return isSteep ? 1 << min(symbol, 30) : Int.random(in: 1...1000, using: &random)
        }
    }

    @Test(arguments: 0..<UInt64(100))
    func theLengthsAreThoseOfAWholeCode(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let counts = Self.counts(&random)
        let lengths = PrefixCode.lengths(for: counts)
        #expect(zip(counts, lengths).allSatisfy { ($0 > 0) == ($1 > 0) }, "seed \(seed)")
        guard lengths.contains(where: { $0 > 0 }) else { return }
        var writer = BitWriter(capacity: 0)
        PrefixCode.write(lengths, into: &writer)
        let read = try writer.finish().withUnsafeBytes { buffer in
            var bits = BitReader(buffer)
            return try PrefixCode.read(limit: 512, from: &bits)
        }
        // Reading refuses what is not whole.
        #expect(read + [UInt8](repeating: 0, count: counts.count - read.count) == lengths, "seed \(seed)")
    }

    @Test func aHuffmanTreeIsWhatItIs() {
        #expect(PrefixCode.lengths(for: [45, 13, 12, 16, 9, 5]) == [1, 3, 3, 3, 4, 4])
        #expect(PrefixCode.lengths(for: [0, 7, 0]) == [0, 1, 0])
        #expect(PrefixCode.codes([1, 3, 3, 3, 4, 4]) == [0b0, 0b001, 0b101, 0b011, 0b0111, 0b1111])
    }

    @Test(arguments: [TokenAlphabet.integers, .bytes])
    func everyNumberIsInTheRangeOfItsSymbol(alphabet: TokenAlphabet) {
        for shift in UInt64(0)..<64 {
            for number in [UInt64(1) << shift, (1 << shift) - 1, .max >> shift, 3 << shift, 5 << shift] {
                let symbol = alphabet.symbol(number)
                #expect(symbol < alphabet.numbers)
                let extra = number &- alphabet.base(symbol)
                #expect(extra >> UInt64(alphabet.extraBits(symbol)) == 0, "\(number)")
            }
        }
        for length in [1, 2, 3, 8191, 8192] {
            let symbol = alphabet.runSymbol(length)
            #expect((alphabet.numbers..<alphabet.count).contains(symbol))
            #expect((UInt64(length) - alphabet.base(symbol)) >> UInt64(alphabet.extraBits(symbol)) == 0)
        }
    }
}

@Suite struct BooleanColumnTests {
    @Test(arguments: 0..<UInt64(40))
    func whatIsEncodedIsDecoded(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let chance = [0, 2, 50, 98, 100].randomElement(using: &random) ?? 0
        var flag = random.chance(50)
        let flags = (0..<Int.random(in: 0...3000, using: &random)).map { _ in
            if random.chance(chance) { flag.toggle() }
            return flag
        }
        var writer = ByteWriter()
        BooleanColumn.encode(flags, into: &writer)
        var reader = ByteReader(writer.bytes[...])
        #expect(try BooleanColumn.decode(count: flags.count, from: &reader) == flags.map { $0 ? 1 : 0 }, "seed \(seed)")
        #expect(reader.remaining == 0)
    }
}

/// Damages to bytes without a checksum.
extension Mutation {
    static func unsealed(_ valid: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        Array(of(valid + [0, 0, 0, 0], &random).dropLast(4))
    }
}
