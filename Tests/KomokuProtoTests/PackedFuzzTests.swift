import Komoku
import KomokuProto
import KomokuTesting
import KomokuWire
import Testing

/// What is no message, or is one that nobody writes.
struct PackedFuzzTests {
    private static let messages: [[UInt8]] = {
        let points = PackedPoints([PutPoint("a", 1.5), PutPoint("b", "x"), PutPoint("a", true)]) ?? PackedPoints()
        let commands: [JSON.Member] = [
            JSON.Member("put", ["key": "a.b", "value": [1, ["x": .null, "y": "ü"]], "time": 5.25]),
            JSON.Member("get", ["key": "a"]), JSON.Member("sub", ["pattern": "a.**", "seq": true, "after": "1-2"]),
            JSON.Member("define", ["a": ["type": "numeric", "opts": ["unit": "W", "list": [true, 1.5, -3]]]]),
        ]
        return [PackedToHub(points, id: 300).packed] + commands.map { PackedToHub($0, id: 1 << 40).packed }
    }()

    private func take(_ bytes: [UInt8]) {
        _ = try? Request.read(packed: bytes)
        _ = try? PackedFromHub(packed: bytes).message()
    }

    @Test func noPrefixTraps() {
        for message in Self.messages { for count in 0...message.count { take(Array(message.prefix(count))) } }
    }

    @Test func noMutantTraps() {
        Fuzz.run("protocol 3", seeds: 4_000) { source in
            var mutant = source.pick(Self.messages)
            for _ in 0...source.below(4) { source.damage(&mutant) }
            take(mutant)
        }
    }

    @Test func anyDocumentIsTheSameInBothWritings() {
        Fuzz.run("documents of protocol 3", seeds: 500) { source in
            let json = source.json()
            let bytes = PackedToHub(JSON.Member("ping", json), id: 1).packed
            guard let request = try? Request.read(packed: bytes),
                case .success(let command)? = request.entries.first?.command
            else { return #expect((try? JSON(parsing: json.text)) == nil) }
            #expect(command == .ping(json))
        }
    }

    @Test(
        arguments: [
            // A length of 2^32 - 1, of 2^63, of ten bytes and more.
            [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
            [0x1A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
            // `id` as a text, `get` as a varint, `key` of `get` as a varint, a text that is not UTF-8, field 0, a group without end.
            [0x0A, 0x01, 0x31], [0x08, 0x01, 0x20, 0x05], [0x08, 0x01, 0x22, 0x02, 0x08, 0x05],
            [0x08, 0x01, 0x22, 0x03, 0x0A, 0x01, 0xFF], [0x00, 0x00], [0x0B],
        ] as [[UInt8]])
    func whatIsNoMessageIsSaidToBeNone(bytes: [UInt8]) {
        #expect(throws: PackedFault.self) { try Request.read(packed: bytes) }
    }

    @Test func unknownFieldsAreLeftAlone() throws {
        // 100 is a text, 101 a fixed64, in the message and in `get`.
        let extra: [UInt8] = [0xA2, 0x06, 0x02, 0x68, 0x69, 0xA9, 0x06, 1, 2, 3, 4, 5, 6, 7, 8]
        let name = [0x0A, 0x01, 0x61] + extra
        let bytes = [0x08, 0x05, 0x22, UInt8(name.count)] + name + extra
        let request = try #require(try Request.read(packed: bytes))
        #expect(try request.entries[0].command.get() == .get(ValueRequest("a")))
    }

    @Test func whatIsNestedTooDeepIsRefused() throws {
        func ping(_ depth: Int) -> Request? {
            var json = JSON.null
            for level in 0..<depth { json = level % 2 == 0 ? .array([json]) : ["x": json] }
            return try? Request.read(packed: PackedToHub(JSON.Member("ping", json), id: 1).packed)
        }
        let deepest = try #require(ping(JSON.maximumDepth))
        #expect(throws: Never.self) { try deepest.entries[0].command.get() }
        let deeper = try #require(ping(JSON.maximumDepth + 1))
        #expect(throws: Refusal.self) { try deeper.entries[0].command.get() }
        // A list within a list, as nobody here could write it.
        var value: [UInt8] = [0x08, 0x00]
        for _ in 0..<2_000 { value = Self.field(6, Self.field(1, value)) }
        let message = Self.field(8, Self.field(1, Array("ping".utf8)) + Self.field(2, value))
        #expect(throws: PackedFault.self) { try Request.read(packed: message) }
    }

    /// A field with a length.
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var (head, length) = ([number << 3 | 2], bytes.count)
        while length > 0x7F {
            head.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        return head + [UInt8(length)] + bytes
    }

    @Test func aMessageWithoutACommandIsRefusedUnderItsNumber() throws {
        for bytes in [[0x08, 0x05], [0x08, 0x05, 0xA2, 0x06, 0x00]] as [[UInt8]] {
            let request = try #require(try Request.read(packed: bytes))
            #expect(request.form == .numbered(5, .command))
            #expect(throws: Refusal.self) { try request.entries[0].command.get() }
        }
    }
}
