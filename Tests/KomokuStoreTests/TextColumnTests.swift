import KomokuSystem
import Komoku
import KomokuTesting
import Testing

@testable import KomokuStore

@Suite struct TextColumnTests {
    static func log(_ count: Int, _ random: inout SplitMix) -> [String] {
        (0..<count).map { index in
            let user = ["root", "user", "guest"].randomElement(using: &random) ?? ""
            let port = Int.random(in: 1000...9999, using: &random)
            return index % 4 == 3
                ? "2026-01-31 kernel: usb 1-\(port % 7): new high-speed USB device number \(index)"
                : "2026-01-31 sshd[\(port)]: Accepted publickey for \(user) from 10.0.0.\(port % 250)"
        }
    }

    static func texts(_ count: Int, _ random: inout SplitMix) -> [String] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: log(count, &random)
        case 1: (0..<count).map { _ in ["", "ON", "OFF", "é", "e\u{301}"].randomElement(using: &random) ?? "" }
        case 2: (0..<count).map { String(repeating: "xyz", count: $0 % 300) }
        default:
            (0..<count).map { _ in
                String(
                    (0..<Int.random(in: 0...20, using: &random)).map { _ in
                        "aäb€c𝄞 0".randomElement(using: &random) ?? " "
                    })
            }
        }
    }

    /// The different texts in the order in which they come, and the place of each text.
    static func encoded(_ texts: [String]) -> [UInt8] {
        var slots: [ByteText: Int64] = [:]
        var different: [ByteText] = []
        let indices = texts.map { text in
            let slot = slots[ByteText(text)] ?? Int64(different.count)
            if slot == different.count { different.append(ByteText(text)) }
            slots[ByteText(text)] = slot
            return slot
        }
        var writer = ByteWriter()
        TextColumn.encode(different, slots: indices, into: &writer)
        return writer.bytes
    }

    @Test(arguments: 0..<UInt64(60))
    func whatIsEncodedIsDecoded(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        let texts = Self.texts(Int.random(in: 0...400, using: &random), &random)
        var reader = ByteReader(Self.encoded(texts)[...])
        let (different, slots) = try TextColumn.decode(count: texts.count, from: &reader)
        #expect(slots.map { ByteText(different[Int($0)]) } == texts.map(ByteText.init), "seed \(seed)")
        #expect(reader.remaining == 0)
    }

    @Test func aLogShrinksToAQuarter() {
        var random = SplitMix(seed: 1)
        let texts = Self.log(200, &random)
        #expect(Self.encoded(texts).count * 4 < texts.reduce(0) { $0 + $1.utf8.count })
    }

    @Test func aTextOfAllTheSameTakesAlmostNothing() {
        #expect(Self.encoded([String(repeating: "x", count: 65_536)]).count < 40)
    }

    @Test func moreThanFitsIsStoredAsItIs() throws {
        let bytes = [UInt8](repeating: 32, count: TextColumn.maximumSize + 1)
        var writer = ByteWriter()
        ByteColumn.encode(bytes, into: &writer)
        #expect(writer.count == bytes.count + 1)
        var reader = ByteReader(writer.bytes[...])
        #expect(try ByteColumn.decode(count: bytes.count, from: &reader) == bytes)
    }

    @Test(arguments: [UInt8(1), 2])
    func moreThanFitsIsRefusedBeforeItIsAllocated(form: UInt8) {
        var reader = ByteReader([form, 1, 1, 1, 1, 1, 1, 1][...])
        #expect(throws: Corruption("its texts are too long")) { try ByteColumn.decode(count: 1 << 50, from: &reader) }
    }

    @Test(arguments: 0..<UInt64(8))
    func noBytesTrap(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for count in [1, 20, 150] {
            let valid = Self.encoded(Self.texts(count, &random))
            for _ in 0..<100 {
                var reader = ByteReader(Mutation.unsealed(valid, &random)[...])
                guard let (texts, slots) = try? TextColumn.decode(count: count, from: &reader) else { continue }
                #expect(slots.count == count)
                #expect(slots.allSatisfy { $0 < UInt64(texts.count) })
            }
        }
    }

    /// A copy that reaches into itself by one byte, or by few, sixty thousand times.
    @Test(arguments: [1, 2, 3, 7, 4096])
    func textsThatRepeatThemselvesAreReadInLinearTime(period: Int) throws {
        let pattern = (0..<period).map { UInt8(97 + $0 % 26) }
        let texts = (0..<4).map { number in
            String(decoding: (0..<(60_000 + number)).map { pattern[$0 % period] }, as: UTF8.self)
        }
        var writer = ByteWriter()
        TextColumn.encode(texts.map(ByteText.init), slots: [0, 1, 2, 3], into: &writer)
        let began = Moment.now
        for _ in 0..<20 {
            var reader = ByteReader(writer.bytes[...])
            #expect(try TextColumn.decode(count: 4, from: &reader).texts == texts)
        }
        #expect(.now < began + .seconds(10))
    }
}
