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
        let valid = encoder.finish().first ?? []
        for _ in 0..<500 {
            let bytes = Mutation.of(valid, &random)
            if let puts = try? JournalRow.decode(bytes) { #expect(puts.count <= bytes.count) }
        }
    }
}

@Suite struct BlockTests {
    static func points(_ random: inout SplitMix) -> [Point] {
        var time = Int64.random(in: -1_000_000...1_700_000_000_000_000, using: &random)
        let isSteady = random.chance(50)
        let isNumeric = random.chance(50)
        return (0..<Int.random(in: 1...1024, using: &random)).map { index in
            time += isSteady ? 10_000_000 : Int64.random(in: 1...20_000_000, using: &random)
            return Point(
                time, isNumeric ? .number(Double(200 + index % 17) / 10) : random.value(),
                random.chance(90) ? .live : .derived)
        }
    }

    @Test(arguments: 0..<UInt64(50))
    func whatIsEncodedIsDecoded(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let points = Self.points(&random)
        let decoded = try Block.decode(Block.encode(points[...]))
        #expect(decoded == points, "seed \(seed)")
        // -0 equals 0 but is not the same.
        #expect(decoded.map { $0.value?.number?.bitPattern } == points.map { $0.value?.number?.bitPattern })
        let summary = BlockSummary(points[...])
        #expect(try BlockSummary(decoding: summary.encode()) == summary, "seed \(seed)")
    }

    @Test func theFarthestTimesFit() throws {
        let points = [Point(.min, .number(1)), Point(0, nil), Point(.max, .boolean(true))]
        #expect(try Block.decode(Block.encode(points[...])) == points)
        let summary = BlockSummary(points[...])
        #expect(try BlockSummary(decoding: summary.encode()) == summary)
    }

    @Test func aSteadySensorCostsAlmostNothing() {
        let points = (0..<1024).map { Point(Int64($0) * 10_000_000, .boolean($0 < 500)) }
        #expect(Block.encode(points[...]).count < 40)
        let numbers = (0..<1024).map { Point(Int64($0) * 10_000_000, .number(Double(200 + $0 % 3) / 10)) }
        #expect(Block.encode(numbers[...]).count < 1100)
    }

    @Test func theSummaryCountsTimesAndEdges() {
        let second: Int64 = 1_000_000
        let points = [
            Point(0, .boolean(true)), Point(2 * second, .boolean(true)), Point(3 * second, nil),
            Point(5 * second, .number(4)), Point(7 * second, .number(-1)),
        ]
        let summary = BlockSummary(points[...])
        #expect(summary.count == 5)
        #expect(summary.gaps == 1)
        #expect(summary.edges == 3)
        #expect(summary.trueTime == 3 * second)
        #expect(summary.knownTime == 5 * second)
        #expect(summary.integral == 8)
        #expect((summary.numbers, summary.minimum, summary.maximum, summary.sum) == (2, -1, 4, 3))
        #expect(summary.first == .boolean(true))
        #expect(summary.last == .number(-1))
    }

    @Test(arguments: 0..<UInt64(8))
    func noBytesTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let points = Self.points(&random)
        let (block, summary) = (Block.encode(points[...]), BlockSummary(points[...]).encode())
        for _ in 0..<300 {
            if let points = try? Block.decode(Mutation.of(block, &random)) {
                #expect(points.count <= Block.maximumCount)
                #expect(zip(points, points.dropFirst()).allSatisfy { $0.time < $1.time })
            }
            _ = try? BlockSummary(decoding: Mutation.of(summary, &random))
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
