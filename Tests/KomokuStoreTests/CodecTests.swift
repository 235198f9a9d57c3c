import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct JournalRowTests {
    static func puts(_ random: inout SplitMix) -> [Put] {
        var clock: Int64 = 1_700_000_000_000_000
        return (0..<Int.random(in: 1...200, using: &random)).map { _ in
            clock += Int64.random(in: -1000...100_000, using: &random)
            let pointTime = random.chance(20) ? nil : random.chance(20) ? clock - 5 : clock
            return Put(
                key: KeyID(rawValue: Int32.random(in: 0...2000, using: &random)),
                time: Timestamp(microseconds: random.chance(2) ? .min : clock), value: random.value(),
                provenance: Provenance.allCases.randomElement(using: &random) ?? .live,
                pointTime: pointTime.map(Timestamp.init(microseconds:)), isNewest: random.chance(80))
        }
    }

    @Test(arguments: 0..<UInt64(50))
    func whatIsEncodedIsDecoded(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let puts = Self.puts(&random)
        var encoder = JournalRowEncoder()
        for put in puts { encoder.append(put) }
        let rows = encoder.finish()
        #expect(try rows.flatMap { try JournalRow.decode($0) } == puts, "seed \(seed)")
        #expect(encoder.finish().isEmpty)
    }

    @Test(arguments: 0..<UInt64(50))
    func smallCommitsAreCodedByColumns(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var puts: [Put] = []
        for _ in 0..<Int.random(in: 1...20, using: &random) { puts += Self.puts(&random) }
        let rows = JournalColumns.rows(puts, size: 3900)
        #expect(try rows.flatMap { try JournalRow.decode($0) } == puts, "seed \(seed)")
        #expect(rows.allSatisfy { $0.count <= 3900 })
        #expect(JournalColumns.rows([], size: 3900).isEmpty)
    }

    @Test func aPutThatIsLongerThanARowHasOneOfItsOwn() throws {
        let text = String(repeating: "x", count: Value.maximumStringLength)
        let puts = (0..<5).map { Put.point(0, $0, .string($0 == 2 ? text : "short")) }
        let rows = JournalColumns.rows(puts, size: 3900)
        #expect(try rows.flatMap { try JournalRow.decode($0) } == puts)
        #expect(rows.count { $0.count > 3900 } == 1)
    }

    @Test func longPutsAreSplitOverRows() throws {
        var encoder = JournalRowEncoder()
        let text = String(repeating: "x", count: Value.maximumStringLength)
        let puts = (0..<40).map { Put.point(0, $0, .string(text)) }
        for put in puts { encoder.append(put) }
        let rows = encoder.finish()
        #expect(rows.count == 3)
        #expect(try rows.flatMap { try JournalRow.decode($0) } == puts)
    }

    @Test func aTypicalPutTakesSixBytes() {
        var encoder = JournalRowEncoder()
        for index in 0..<1000 {
            encoder.append(.point(Int32(index % 50), 1_700_000_000_000_000 + Int64(index / 5 * 1000), .number(21.5)))
        }
        let bytes = encoder.finish().reduce(0) { $0 + $1.count }
        #expect(bytes < 6 * 1000)
    }

    @Test(arguments: 0..<UInt64(8))
    func noBytesTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var encoder = JournalRowEncoder()
        for put in Self.puts(&random) { encoder.append(put) }
        let valid = [encoder.finish(), JournalColumns.rows(Self.puts(&random), size: 3900)].compactMap(\.first)
        for round in 0..<500 {
            let bytes = Mutation.of(valid[round % 2], &random)
            if let puts = try? JournalRow.decode(bytes) { #expect(puts.count <= JournalSlots.manyPuts) }
            // With a checksum that is right, so that the columns themselves are read.
            var reader = ByteReader(bytes.dropFirst().dropLast(4))
            if let puts = try? JournalColumns.decode(&reader) { #expect(puts.count <= JournalSlots.manyPuts) }
        }
    }
}

@Suite struct CRC32CTests {
    @Test(
        arguments: [
            ("", 0), ("123456789", 0xE306_9283), ("The quick brown fox jumps over the lazy dog", 0x2262_0404),
        ] as [(String, UInt32)])
    func theChecksumIsCastagnolis(text: String, checksum: UInt32) {
        #expect(CRC32C.checksum(Array(text.utf8)[...]) == checksum)
    }
}

/// Damages to stored bytes, most of them with a checksum that is right again, so that they reach the decoder.
enum Mutation {
    static func of(_ valid: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = Array(valid.dropLast(4))
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: index)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
            case 3: bytes.replaceSubrange(index..<min(index + 9, bytes.count), with: repeatElement(0xFF, count: 9))
            default: bytes.removeLast(bytes.count - index)
            }
        }
        if random.chance(10) { return bytes }
        let sum = CRC32C.checksum(bytes[...])
        return bytes + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt32($0))) }
    }
}
