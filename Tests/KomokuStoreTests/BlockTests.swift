import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct BlockTests {
    enum Times: CaseIterable {
        case regular, jitter, burst, negative, extremes, gaps
    }

    enum Values: CaseIterable {
        case decimals, booleans, mixed, provenances, texts, gaps
    }

    static func columns(_ times: Times, _ values: Values, count: Int, _ random: inout SplitMix) -> PointColumns {
        var time = times == .negative ? -1_000_000_000_000_000 : Int64(1_700_000_000_000_000)
        var provenance = Provenance.live
        let points = (0..<count).map { index in
            switch times {
            case .regular: time += 10_000_000
            case .jitter, .negative: time += 10_000_000 + Int64.random(in: -200...200, using: &random) * 1000
            case .burst: time += Int64.random(in: 1...3, using: &random)
            case .extremes: time = index == 0 ? .min : index == count - 1 ? .max : Int64(index) << 50
            case .gaps: time += random.chance(2) ? 86_400_000_000 : 10_000_000
            }
            if values == .provenances, random.chance(5) {
                provenance = Provenance.allCases.randomElement(using: &random) ?? .live
            }
            return Point(time, value(values, index, &random), provenance)
        }
        return PointColumns(points)
    }

    private static func value(_ values: Values, _ index: Int, _ random: inout SplitMix) -> Value? {
        switch values {
        case .decimals, .provenances: .number(Double(2000 + (index * 7919) % 31) / 100)
        case .booleans: .boolean(index / 40 % 2 == 0)
        case .mixed: random.value()
        case .texts: .string("line \(index % 100) of \(index)")
        case .gaps: random.chance(10) ? nil : .number(Double(index % 50))
        }
    }

    @Test(arguments: Times.allCases, Values.allCases)
    func whatIsEncodedIsDecoded(times: Times, values: Values) throws {
        for (seed, count) in [1, 2, 3, 50, 1000].enumerated() {
            var random = SplitMix(seed: UInt64(seed))
            let columns = Self.columns(times, values, count: count, &random)
            let decoded = try Block.decode(Block.encode(columns, 0..<count))
            #expect(decoded.times == columns.times)
            #expect(decoded.tags == columns.tags)
            #expect(decoded.points(0..<count) == columns.points(0..<count), "\(times) \(values) \(count)")
            // -0 equals 0 but is not the same.
            #expect(
                decoded.points(0..<count).map(\.value?.number?.bitPattern)
                    == columns.points(0..<count).map(\.value?.number?.bitPattern))
        }
    }

    @Test func aPartIsEncodedAlone() throws {
        var random = SplitMix(seed: 4)
        let columns = Self.columns(.jitter, .mixed, count: 300, &random)
        let decoded = try Block.decode(Block.encode(columns, 100..<250))
        #expect(decoded.points(0..<150) == columns.points(100..<250))
    }

    @Test(arguments: [Times.regular, .jitter, .gaps], Values.allCases)
    func packedBlocksAreFull(times: Times, values: Values) throws {
        var random = SplitMix(seed: 2)
        let columns = Self.columns(times, values, count: values == .texts ? 4000 : 9000, &random)
        var start = 0
        while start < columns.count {
            let (data, count) = Block.packed(columns, from: start)
            #expect(data.count <= Block.targetSize)
            #expect((1...Block.maximumCount).contains(count))
            let isLast = start + count == columns.count
            #expect(isLast || count == Block.maximumCount || data.count * 100 >= Block.targetSize * 97, "\(data.count)")
            #expect(try Block.decode(data).points(0..<count) == columns.points(start..<(start + count)))
            start += count
        }
    }

    @Test func aLongTextIsABlockOfItsOwn() throws {
        var random = SplitMix(seed: 7)
        func text(_ length: Int) -> String {
            String(decoding: (0..<length).map { _ in UInt8.random(in: 33...126, using: &random) }, as: UTF8.self)
        }
        let points = [Point(1, .string(text(65_536))), Point(2, .string("x")), Point(3, .string(text(9000)))]
        let columns = PointColumns(points)
        #expect((0..<3).map { Block.packed(columns, from: $0).count } == [1, 1, 1])
        #expect(try Block.decode(Block.packed(columns, from: 0).data).points(0..<1) == [points[0]])
    }

    @Test func aSteadySensorCostsAlmostNothing() {
        let steady = (0..<8192).map { Point(Int64($0) * 10_000_000, .number(21.5)) }
        #expect(Block.encode(PointColumns(steady), 0..<8192).count < 32)
        let walk = (0..<6000).map { index in
            let hundredths = 2000 + (index * index * 7919) % 32
            return Point(Int64(index) * 10_000_000, .number(Double(hundredths) / 100))
        }
        #expect(Block.encode(PointColumns(walk), 0..<6000).count < 6000 * 5 / 8 + 80)
    }

    @Test(arguments: 0..<UInt64(12))
    func noBytesTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for values in Values.allCases {
            let count = Int.random(in: 1...600, using: &random)
            let times = Times.allCases[Int(seed) % Times.allCases.count]
            let valid = Block.encode(Self.columns(times, values, count: count, &random), 0..<count)
            for _ in 0..<40 { Self.check(Mutation.of(valid, &random)) }
        }
    }

    /// Whatever the bytes are: what comes out is whole.
    static func check(_ bytes: [UInt8]) {
        guard let columns = try? Block.decode(bytes) else { return }
        #expect((1...Block.maximumCount).contains(columns.count))
        #expect(columns.tags.count == columns.count && columns.payloads.count == columns.count)
        #expect(zip(columns.times, columns.times.dropFirst()).allSatisfy { $0 < $1 })
        #expect(columns.points(0..<columns.count).allSatisfy { $0.value?.number?.isFinite ?? true })
    }
}

/// Blocks as they were written once. They must be read for ever.
@Suite struct StoredBlockTests {
    static let time: Int64 = 1_700_000_000_000_000

    static let blocks: [(hex: String, points: [Point])] = [
        (
            "010c8080f2818389850680dac4090006a413a3130002000c020c02a01f02060a0e12161a1e22262ac22a2c7e",
            (0..<12).map {
                Point(time + Int64($0) * 10_000_000 + ($0 > 7 ? 1234 : 0), .number(Double(2000 + $0 * $0) / 100))
            }
        ),
        (
            "010309020600030203ff0000000000000080343333333333d33f9c7500883ce4377eba0f8ecd",
            [Point(-5, .number(-0.0)), Point(-4, .number(0.1 + 0.2)), Point(0, .number(1e300))]
        ),
        (
            "0107020200047e0001010104010002030100010001010203030201000d010100010202c3a90561726d6564000101010001db0a00d9",
            [
                Point(1, nil), Point(2, .boolean(true), .retained), Point(3, .boolean(false), .derived),
                Point(4, .string("é")), Point(5, .string("armed")), Point(6, .string("é"), .backfill),
                Point(70, .number(-7)),
            ]
        ),
        (
            "0103ffffffffffffffffff01ffffffffffffffffff0101000302010001010100020101c7b920c2",
            [Point(.min, .number(1)), Point(0, nil), Point(.max, .boolean(true))]
        ),
        (
            "0180080080dac40900fe0700800801800801f403008c04e301dbf2",
            (0..<1024).map { Point(Int64($0) * 10_000_000, .boolean($0 < 500)) }
        ),
    ]

    static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex.utf8).map { $0 < 97 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    @Test(arguments: blocks.indices)
    func blocksOfAllVersionsAreRead(index: Int) throws {
        let (hex, points) = Self.blocks[index]
        let columns = try Block.decode(Self.bytes(hex))
        #expect(columns.points(0..<columns.count) == points)
        let bits = columns.points(0..<columns.count).map(\.value?.number?.bitPattern)
        #expect(bits == points.map(\.value?.number?.bitPattern))
    }

    /// The format may only change with its version.
    @Test(arguments: blocks.indices)
    func theBytesOfVersion2StayAsTheyAre(index: Int) throws {
        let points = Self.blocks[index].points
        let data = Block.encode(PointColumns(points), 0..<points.count)
        #expect(data == Self.bytes(Self.version2[index]), "\(Self.hex(data))")
        #expect(try Block.decode(data).points(0..<points.count) == points)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The same points in version 2.
    static let version2 = [
        "020c02298080f281838985060280ade204050000000000fcff5f0200000206a01f0204e7d1660c",
        "02030206090206200effffffffffffffffff010ca1c48891a2c488d90adeaf9182bbf48f8c157a3f6630",
        "02078010000404f3110d220202000300007f0700040d030402020c04030200c3a961726d656406000203572b88ea",
        "0203800604030606ffffffffffffffffff01ffffffffffffffffff010100040201333b8923",
        "028008010d0080ade204020304e807dfab8d02",
    ]

    @Test(arguments: blocks.indices)
    func noBytesTrap(index: Int) {
        var random = SplitMix(seed: UInt64(index))
        for _ in 0..<300 { BlockTests.check(Mutation.of(Self.bytes(Self.blocks[index].hex), &random)) }
    }
}
