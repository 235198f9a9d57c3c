import FoundationEssentials
import Komoku
import KomokuProto
import KomokuTesting
import KomokuWire
import Testing

/// Each command and answer of the files of JSON, as a message of the third protocol.
struct PackedCommandTests {
    private static let folder = "\(#filePath)".replacing(
        "KomokuProtoTests/PackedCommandTests.swift", with: "KomokuWireTests/Fixtures")

    static func lines(_ path: String) throws -> [String] {
        let text = try String(contentsOfFile: "\(folder)/\(path).jsonl", encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }

    @Test(arguments: Command.Name.allCases)
    func aCommandIsTheSameInBothWritings(name: Command.Name) throws {
        if name == .decrement { return }
        let lines = try Self.lines("commands/\(name.rawValue)")
        #expect(!lines.isEmpty)
        for line in lines {
            let body = try JSON(parsing: line)
            let bytes = PackedToHub(JSON.Member(name.rawValue, body), id: .max).packed
            let request = try #require(try Request.read(packed: bytes))
            #expect(request.entries.count == 1 && request.entries.first?.name == name)
            guard case .numbered(.max, _) = request.form else { return #expect(Bool(false)) }
            let command = try #require(request.entries.first).command.get()
            #expect(command == (try Command(name, body, version: .v2)))
            #expect(command.member.value.text == line)
        }
    }

    @Test func anAnswerIsTheSameInBothWritings() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(Self.folder)/answers")
        #expect(names.count > 40)
        for name in names.sorted() where name.hasSuffix(".jsonl") {
            for line in try Self.lines("answers/\(name.dropLast(6))") {
                let json = try JSON(parsing: line)
                let replies = [Reply.json(json), .encoded(json.bytes), .unstoredJSON(json)]
                for reply in replies {
                    let bytes = PackedFromHub(reply, to: 7, .command).packed
                    guard case .reply([7], let read) = try PackedFromHub(packed: bytes).message() else {
                        return #expect(Bool(false), "\(name)")
                    }
                    #expect(read.text == Self.text(reply), "\(name)")
                }
            }
        }
    }

    private static func text(_ reply: Reply) -> String {
        var bytes: [UInt8] = []
        reply.write(into: &bytes, version: .v2, queryID: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aChangeIsTheSameInBothWritings() throws {
        for line in try Self.lines("answers/pub") {
            let change = try #require(KeyChange(pub: try JSON(parsing: line)["pub"] ?? .null))
            let bytes = PackedFromHub([change, change]).packed
            guard case .pushes(let pushes) = try PackedFromHub(packed: bytes).message() else {
                return #expect(Bool(false))
            }
            #expect(pushes.map(\.text) == [line, line])
        }
    }

    @Test(arguments: [
        Reply.ok, .unstored, .future, .value(.number(-0.5)), .value(.string("on"), isStale: true), .value(nil),
        .last(nil), .last(Point(time: Timestamp(microseconds: 1_769_844_600_250_001), value: nil, provenance: .live)),
        .last(
            Point(time: Timestamp(microseconds: -5), value: .boolean(true), provenance: .live), isStale: true),
        .pong(["a": [1, -2.5, 9_007_199_254_740_993]]), .error(.invalidKey), .error(.notFound("there is no rule 'x'")),
        .points([Point(time: Timestamp(microseconds: 1), value: .number(1e300), provenance: .live)]), .point(nil),
    ])
    func aReplyIsTheSameInBothWritings(reply: Reply) throws {
        let kind: Request.Form.Kind =
            switch reply {
            case .value, .last: .reading
            default: .command
            }
        let bytes = PackedFromHub(reply, to: 1, kind).packed
        guard case .reply([1], let read) = try PackedFromHub(packed: bytes).message() else {
            return #expect(Bool(false))
        }
        #expect(read.text == Self.text(reply))
    }
}
