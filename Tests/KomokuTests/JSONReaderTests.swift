import KomokuTesting
import Testing

@testable import Komoku

struct JSONReaderTests {
    /// Bytes in pieces of random sizes.
    private static func pieces(_ bytes: [UInt8], _ random: inout SplitMix) -> () -> [UInt8] {
        var rest = bytes[...]
        var own = random
        _ = random.next()
        return {
            let piece = rest.prefix(Int(own.next() % 7) + 1)
            rest = rest.dropFirst(piece.count)
            return Array(piece)
        }
    }

    private static func document(_ random: inout SplitMix, depth: Int = 0) -> JSON {
        switch random.next() % (depth > 4 ? 5 : 7) {
        case 0: return .null
        case 1: return .bool(random.next() % 2 == 0)
        case 2: return .number(Double(Int64(bitPattern: random.next()) >> 30) / 64)
        case 3: return .string(["", "a", "\"\\\n", "żółć", "\u{1F600},]}:"][Int(random.next() % 5)])
        case 4: return .number(Double(random.next() % 10))
        case 5: return .array((0..<random.next() % 5).map { _ in document(&random, depth: depth + 1) })
        default:
            return .object(
                (0..<random.next() % 5).map { JSON.Member("m\($0)", document(&random, depth: depth + 1)) })
        }
    }

    private static func whole(_ reader: consuming JSONReader) -> JSON? {
        guard let whole: JSON = try? reader.value(), (try? reader.end()) != nil else { return nil }
        return whole
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `what comes in pieces is read as the whole`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<60 {
            let document = Self.document(&random)
            var bytes = document.bytes
            #expect(Self.whole(JSONReader(pieces: Self.pieces(bytes, &random))) == document)
            // Damaged ones are refused by both or by none.
            for _ in 0..<4 where !bytes.isEmpty {
                let number = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes[number] = UInt8(truncatingIfNeeded: random.next())
                case 1: bytes.remove(at: number)
                default: bytes.insert(Array(#"{}[],:"\0 eu"#.utf8)[Int(random.next() % 12)], at: number)
                }
                #expect(
                    Self.whole(JSONReader(pieces: Self.pieces(bytes, &random))) == (try? JSON(parsing: bytes)),
                    "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
            }
        }
    }

    @Test(arguments: [
        #""\ud83d\ude00 \ud800 \ud800\u0041 \u00fc""#, "-12.5e-3", "1e+5", "1234567890123456789", "true", " null ",
        "[false,1]",
        #""a\"b\\""#,
    ])
    func `a scalar may be cut anywhere`(text: String) throws {
        let expected = try JSON(parsing: text)
        for cut in 1..<text.utf8.count {
            var pieces = [Array(text.utf8.prefix(cut)), Array(text.utf8.dropFirst(cut)), []]
            #expect(
                Self.whole(JSONReader(pieces: { pieces.isEmpty ? [] : pieces.removeFirst() })) == expected,
                "cut at \(cut)")
        }
    }

    @Test func `a scalar of what comes in pieces is bounded, and so is the nesting`() {
        for text in [
            String(repeating: "[", count: 100_000), "\"" + String(repeating: "x", count: 2 << 20) + "\"",
            "\"\\n" + String(repeating: "x", count: 2 << 20) + "\"", String(repeating: "1", count: 2 << 20),
        ] {
            var rest = Array(text.utf8)[...]
            let reader = JSONReader(pieces: {
                defer { rest = rest.dropFirst(64 << 10) }
                return Array(rest.prefix(64 << 10))
            })
            #expect(Self.whole(reader) == nil)
        }
    }

    @Test func `a value of too many parts is refused`() throws {
        for most in 0..<6 {
            var reader = JSONReader(Array("[1,{\"a\":2},3]".utf8))
            let value = try? reader.value(most: most)
            #expect((value == [1, ["a": 2], 3]) == (most >= 5))
        }
    }

    @Test func `parts are pulled one by one, and what nobody wants is passed over`() throws {
        var reader = JSONReader(Array("{\"a\": [1, []],\n\"b\": {\"c\": [{}, \"]\"]},\n\"d\": 7}".utf8))
        #expect(try reader.next() == .object)
        #expect(try reader.nextName() == "a")
        #expect(try reader.next() == .array && reader.nextItem() && reader.next() == .number(1))
        #expect(reader.whole == 1)
        #expect(try reader.nextItem() && reader.next() == .array && !reader.nextItem() && !reader.nextItem())
        #expect(try reader.nextName() == "b")
        try reader.skipValue()
        #expect(try reader.nextName() == "d" && reader.line == 3 && reader.value() == 7)
        #expect(try reader.nextName() == nil)
        try reader.end()
    }

    @Test(arguments: [("12", 12), ("-0", 0), ("1.0", nil), ("1e2", nil), ("9223372036854775808", nil)])
    func `a whole number is told from others`(text: String, whole: Int?) throws {
        var reader = JSONReader(Array(text.utf8))
        _ = try reader.next()
        #expect(reader.whole == whole)
    }

    @Test func `what reading throws ends the document and is kept`() {
        struct Broken: Error {}
        var pieces = [Array("[1,".utf8)]
        var reader = JSONReader(pieces: {
            guard let piece = pieces.popLast() else { throw Broken() }
            return piece
        })
        #expect(throws: JSON.Invalid.self) { try reader.value() as JSON }
        #expect(reader.failure is Broken)
    }

    @Test func `lines are counted across pieces`() throws {
        var pieces = (0..<100).map { _ in Array("\n\n1,".utf8) } + [Array("[".utf8)]
        var reader = JSONReader(pieces: { pieces.popLast() ?? [] })
        #expect(throws: JSON.Invalid.self) { try reader.value() as JSON }
        #expect(reader.line == 201)
    }
}
