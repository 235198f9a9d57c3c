import Komoku
import KomokuTesting
import Testing

@testable import KomokuServer

/// The cases of the Autobahn test suite, sections 1 to 7, 9 and 10, by their numbers. The suite wants an echo; here the echo is the
/// answer to `ping`, a text in JSON, so that what is echoed is a text wherever the suite sends any bytes.
struct AutobahnTests {
    enum Answer: Equatable, Sendable {
        /// The text that was sent comes back.
        case echo
        /// These come back, each the payload of a pong, before the echo.
        case pongs([[UInt8]])
        case close(Int)
        /// What no JSON is, is answered as such.
        case refusal
    }

    struct Case: Sendable {
        let number: String
        let bytes: [UInt8]
        let answer: Answer
        /// So many bytes are sent at a time; 0 is all at once.
        var chop = 0
    }

    /// A command that is so many bytes long.
    private static func command(_ count: Int) -> [UInt8] {
        Array(#"{"ping":""#.utf8) + [UInt8](repeating: UInt8(ascii: "*"), count: max(0, count - 11))
            + Array(#""}"#.utf8)
    }

    private static let small = Array(#"{"ping":1}"#.utf8)

    private static func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, reserved: UInt8 = 0) -> [UInt8] {
        RawSocket.frame(opcode, payload, fin: fin, reserved: reserved)
    }

    private static func text(_ payload: [UInt8]) -> [UInt8] { frame(1, payload) }

    private static func fragments(_ payload: [UInt8], of size: Int, opcode: UInt8 = 1) -> [UInt8] {
        let starts = Array(stride(from: 0, to: payload.count, by: size))
        return starts.flatMap { start in
            frame(
                start == 0 ? opcode : 0, Array(payload[start..<min(start + size, payload.count)]),
                fin: start == starts.last)
        }
    }

    // MARK: 1 Framing

    private static let framing: [Case] = {
        let sizes = [0, 125, 126, 127, 128, 65535, 65536]
        return [(1, UInt8(1)), (2, 2)].flatMap { part, opcode in
            sizes.enumerated().map { index, size in
                Case(
                    number: "1.\(part).\(index + 1)", bytes: frame(opcode, size == 0 ? [] : command(size)),
                    answer: size == 0 ? .refusal : .echo)
            } + [Case(number: "1.\(part).8", bytes: frame(opcode, command(65536)), answer: .echo, chop: 997)]
        }
    }()

    // MARK: 2 Pings and pongs

    private static let pings: [Case] = {
        let long = [UInt8](repeating: 0xFE, count: 125)
        let binary: [UInt8] = [0, 255, 254, 253, 252, 251, 0, 255]
        let ten = (0..<10).map { Array("payload-\($0)".utf8) }
        let tenFrames = ten.flatMap { frame(9, $0) } + text(small)
        return [
            Case(number: "2.1", bytes: frame(9, []) + text(small), answer: .pongs([[]])),
            Case(
                number: "2.2", bytes: frame(9, Array("Hello".utf8)) + text(small), answer: .pongs([Array("Hello".utf8)])
            ),
            Case(number: "2.3", bytes: frame(9, binary) + text(small), answer: .pongs([binary])),
            Case(number: "2.4", bytes: frame(9, long) + text(small), answer: .pongs([long])),
            Case(number: "2.5", bytes: frame(9, long + [0xFE]), answer: .close(1002)),
            Case(number: "2.6", bytes: frame(9, long) + text(small), answer: .pongs([long]), chop: 1),
            Case(number: "2.7", bytes: frame(10, []) + text(small), answer: .echo),
            Case(number: "2.8", bytes: frame(10, Array("unasked".utf8)) + text(small), answer: .echo),
            Case(
                number: "2.9", bytes: frame(10, Array("unasked".utf8)) + frame(9, [1]) + text(small),
                answer: .pongs([[1]])),
            Case(number: "2.10", bytes: tenFrames, answer: .pongs(ten)),
            Case(number: "2.11", bytes: tenFrames, answer: .pongs(ten), chop: 1),
        ]
    }()

    // MARK: 3 Reserved bits, 4 opcodes

    private static let reserved: [Case] = {
        let bits: [(UInt8, UInt8, [UInt8])] = [
            (0x10, 1, small), (0x20, 1, small), (0x30, 1, small), (0x40, 1, small), (0x50, 2, small), (0x60, 9, small),
            (0x70, 8, []),
        ]
        let chops = [0, 0, 0, 1, 0, 0, 0]
        return zip(bits, chops).enumerated().map { index, entry in
            Case(
                number: "3.\(index + 1)", bytes: frame(entry.0.1, entry.0.2, reserved: entry.0.0), answer: .close(1002),
                chop: entry.1)
        }
    }()

    private static let opcodes: [Case] = [(1, [UInt8](3...7)), (2, [UInt8](11...15))].flatMap { part, numbers in
        numbers.enumerated().map { index, opcode in
            Case(
                number: "4.\(part).\(index + 1)", bytes: frame(opcode, index == 0 ? [] : small), answer: .close(1002),
                chop: index > 2 ? 1 : 0)
        }
    }

    // MARK: 5 Fragmentation

    private static let fragmentation: [Case] = {
        let (head, tail) = (Array(small[..<4]), Array(small[4...]))
        let start = frame(1, head, fin: false)
        let end = frame(0, tail)
        let orphans = frame(0, head, fin: false) + frame(0, tail)
        return [
            Case(number: "5.1", bytes: frame(9, head, fin: false) + frame(0, tail), answer: .close(1002)),
            Case(number: "5.2", bytes: frame(10, head, fin: false) + frame(0, tail), answer: .close(1002)),
            Case(number: "5.3", bytes: start + end, answer: .echo),
            Case(number: "5.4", bytes: start + end, answer: .echo, chop: 7),
            Case(number: "5.5", bytes: start + end, answer: .echo, chop: 1),
            Case(number: "5.6", bytes: start + frame(9, [1]) + end, answer: .pongs([[1]])),
            Case(number: "5.7", bytes: start + frame(9, [1]) + end, answer: .pongs([[1]]), chop: 7),
            Case(number: "5.8", bytes: start + frame(9, [1]) + end, answer: .pongs([[1]]), chop: 1),
            Case(number: "5.9", bytes: frame(0, small) + text(small), answer: .close(1002)),
            Case(number: "5.10", bytes: frame(0, small) + text(small), answer: .close(1002), chop: 7),
            Case(number: "5.11", bytes: frame(0, small) + text(small), answer: .close(1002), chop: 1),
            Case(number: "5.12", bytes: frame(0, small, fin: false) + text(small), answer: .close(1002)),
            Case(number: "5.13", bytes: frame(0, small, fin: false) + text(small), answer: .close(1002), chop: 7),
            Case(number: "5.14", bytes: frame(0, small, fin: false) + text(small), answer: .close(1002), chop: 1),
            Case(number: "5.15", bytes: orphans + start + end, answer: .close(1002)),
            Case(number: "5.16", bytes: frame(0, head, fin: false) + start + end, answer: .close(1002)),
            Case(number: "5.17", bytes: frame(0, head) + start + end, answer: .close(1002)),
            Case(number: "5.18", bytes: start + text(small), answer: .close(1002)),
            Case(
                number: "5.19",
                bytes: frame(1, Array(small[..<2]), fin: false) + frame(0, Array(small[2..<4]), fin: false)
                    + frame(9, [1]) + frame(0, Array(small[4..<6]), fin: false)
                    + frame(0, Array(small[6..<8]), fin: false) + frame(9, [2]) + frame(0, Array(small[8...])),
                answer: .pongs([[1], [2]])),
            Case(
                number: "5.20",
                bytes: frame(1, Array(small[..<2]), fin: false) + frame(0, Array(small[2..<4]), fin: false)
                    + frame(9, [1]) + frame(0, Array(small[4..<6]), fin: false)
                    + frame(0, Array(small[6..<8]), fin: false) + frame(9, [2]) + frame(0, Array(small[8...])),
                answer: .pongs([[1], [2]]), chop: 1),
        ]
    }()

    // MARK: 6 UTF-8

    /// A command with these bytes as its text.
    private static func command(_ bytes: [UInt8]) -> [UInt8] {
        Array(#"{"ping":""#.utf8) + bytes + Array(#""}"#.utf8)
    }

    private static let utf8Handling: [Case] = {
        let valid = command(Array("Hello-µ@ßöäüàá-UTF-8!!".utf8))
        let broken: [UInt8] = [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5, 0xED, 0xA0, 0x80]
        return [
            Case(number: "6.1.1", bytes: text([]), answer: .refusal),
            Case(
                number: "6.1.2", bytes: frame(1, [], fin: false) + frame(0, [], fin: false) + frame(0, []),
                answer: .refusal),
            Case(
                number: "6.1.3", bytes: frame(1, [], fin: false) + frame(0, small, fin: false) + frame(0, []),
                answer: .echo),
            Case(number: "6.2.1", bytes: text(valid), answer: .echo),
            Case(number: "6.2.2", bytes: fragments(valid, of: 20), answer: .echo),
            Case(number: "6.2.3", bytes: fragments(valid, of: 1), answer: .echo),
            Case(number: "6.2.4", bytes: fragments(command(Array("κόσμε".utf8)), of: 1), answer: .echo),
            Case(number: "6.3.1", bytes: text(command(broken + Array("edited".utf8))), answer: .close(1007)),
            Case(
                number: "6.3.2", bytes: fragments(command(broken + Array("edited".utf8)), of: 1), answer: .close(1007)),
            Case(number: "6.4.1", bytes: frame(1, broken, fin: false), answer: .close(1007)),
            Case(
                number: "6.4.2",
                bytes: frame(1, broken.dropLast(3) + [0xF4], fin: false) + frame(0, [0x90], fin: false),
                answer: .close(1007)),
            // The head of a longer frame and its first bytes: what cannot be right is said before the rest comes.
            Case(
                number: "6.4.3", bytes: frame(1, Array("κόσμε".utf8), fin: false) + frame(0, [0xF4, 0x90], fin: false),
                answer: .close(1007)),
            Case(
                number: "6.4.4",
                bytes: frame(1, Array("κόσμε".utf8), fin: false) + frame(0, [0xF4], fin: false)
                    + frame(0, [0x90], fin: false), answer: .close(1007), chop: 1),
        ]
    }()

    /// Sections 6.5 to 6.23, from Markus Kuhn's stress test: which texts are UTF-8.
    private static let utf8: [Case] = {
        let good: [(String, [UInt8])] = [
            ("6.5.1", Array("κόσμε".utf8)), ("6.7.1", [0x20]), ("6.7.2", [0xC2, 0x80]), ("6.7.3", [0xE0, 0xA0, 0x80]),
            ("6.7.4", [0xF0, 0x90, 0x80, 0x80]), ("6.9.1", [0x7F]), ("6.9.2", [0xDF, 0xBF]),
            ("6.9.3", [0xEF, 0xBF, 0xBF]),
            ("6.9.4", [0xF4, 0x8F, 0xBF, 0xBF]), ("6.11.1", [0xED, 0x9F, 0xBF]), ("6.11.2", [0xEE, 0x80, 0x80]),
            ("6.11.3", [0xEF, 0xBF, 0xBD]), ("6.11.4", [0xF4, 0x8F, 0xBF, 0xBF]), ("6.22.1", [0xEF, 0xBF, 0xBE]),
            ("6.22.2", [0xEF, 0xBF, 0xBF]), ("6.22.3", [0xF0, 0x9F, 0xBF, 0xBE]),
            ("6.22.34", [0xF4, 0x8F, 0xBF, 0xBF]),
            ("6.23.1", [0xEF, 0xBF, 0xB9]), ("6.23.7", [0xEF, 0xBF, 0xBD]),
        ]
        let bad: [(String, [UInt8])] = [
            ("6.8.1", [0xF8, 0x88, 0x80, 0x80, 0x80]), ("6.8.2", [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]),
            ("6.10.1", [0xF7, 0xBF, 0xBF, 0xBF]), ("6.10.2", [0xFB, 0xBF, 0xBF, 0xBF, 0xBF]),
            ("6.10.3", [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]), ("6.11.5", [0xF4, 0x90, 0x80, 0x80]), ("6.12.1", [0x80]),
            ("6.12.2", [0xBF]), ("6.12.3", [0x80, 0xBF]), ("6.12.8", [UInt8](0x80...0xBF)),
            ("6.13.1", (0xC0...0xDF).flatMap { [$0, 0x20] }), ("6.13.2", (0xE0...0xEF).flatMap { [$0, 0x20] }),
            ("6.13.3", (0xF0...0xF7).flatMap { [$0, 0x20] }), ("6.13.4", (0xF8...0xFB).flatMap { [$0, 0x20] }),
            ("6.13.5", [0xFC, 0x20]), ("6.14.1", [0xC0]), ("6.14.2", [0xE0, 0x80]), ("6.14.3", [0xF0, 0x80, 0x80]),
            ("6.14.6", [0xDF]), ("6.14.7", [0xEF, 0xBF]), ("6.14.8", [0xF7, 0xBF, 0xBF]),
            ("6.15.1", [0xC0, 0xE0, 0x80, 0xF0, 0x80, 0x80]), ("6.16.1", [0xFE]), ("6.16.2", [0xFF]),
            ("6.16.3", [0xFE, 0xFE, 0xFF, 0xFF]), ("6.17.1", [0xC0, 0xAF]), ("6.17.2", [0xE0, 0x80, 0xAF]),
            ("6.17.3", [0xF0, 0x80, 0x80, 0xAF]), ("6.17.4", [0xF8, 0x80, 0x80, 0x80, 0xAF]), ("6.18.1", [0xC1, 0xBF]),
            ("6.18.2", [0xE0, 0x9F, 0xBF]), ("6.18.3", [0xF0, 0x8F, 0xBF, 0xBF]), ("6.19.1", [0xC0, 0x80]),
            ("6.19.2", [0xE0, 0x80, 0x80]), ("6.19.3", [0xF0, 0x80, 0x80, 0x80]), ("6.20.1", [0xED, 0xA0, 0x80]),
            ("6.20.2", [0xED, 0xAD, 0xBF]), ("6.20.3", [0xED, 0xAE, 0x80]), ("6.20.4", [0xED, 0xAF, 0xBF]),
            ("6.20.5", [0xED, 0xB0, 0x80]), ("6.20.6", [0xED, 0xBE, 0x80]), ("6.20.7", [0xED, 0xBF, 0xBF]),
            ("6.21.1", [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80]), ("6.21.8", [0xED, 0xAF, 0xBF, 0xED, 0xBF, 0xBF]),
        ]
        // 6.6: every beginning of a text of several bytes is right or not, by whether it ends between characters.
        let whole = Array("κόσμε".utf8)
        let beginnings = (1...whole.count).map { count -> Case in
            let isWhole = String(validating: whole.prefix(count), as: UTF8.self) != nil
            return Case(
                number: "6.6.\(count)", bytes: text(command(Array(whole.prefix(count)))),
                answer: isWhole ? .echo : .close(1007))
        }
        return good.map { Case(number: $0, bytes: text(command($1)), answer: .echo) }
            + bad.map { Case(number: $0, bytes: text(command($1)), answer: .close(1007)) } + beginnings
    }()

    // MARK: 7 Closing

    private static let closing: [Case] = {
        func close(_ code: Int?, _ reason: [UInt8] = []) -> [UInt8] {
            frame(8, (code.map { [UInt8($0 >> 8 & 255), UInt8($0 & 255)] } ?? []) + reason)
        }
        let good = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]
        let bad = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999]
        let long = [UInt8](repeating: 0x2A, count: 123)
        return [
            Case(number: "7.1.2", bytes: close(1000) + close(1000), answer: .close(1000)),
            Case(number: "7.1.3", bytes: close(1000) + frame(9, []), answer: .close(1000)),
            Case(number: "7.1.4", bytes: close(1000) + text(small), answer: .close(1000)),
            Case(
                number: "7.1.5", bytes: frame(1, [0x31], fin: false) + close(1000) + frame(0, []), answer: .close(1000)),
            Case(number: "7.3.1", bytes: close(nil), answer: .close(1000)),
            Case(number: "7.3.2", bytes: frame(8, [0x03]), answer: .close(1002)),
            Case(number: "7.3.3", bytes: close(1000), answer: .close(1000)),
            Case(number: "7.3.4", bytes: close(1000, Array("Hello World!".utf8)), answer: .close(1000)),
            Case(number: "7.3.5", bytes: close(1000, long), answer: .close(1000)),
            Case(number: "7.3.6", bytes: close(1000, long + [0x2A]), answer: .close(1002)),
            Case(number: "7.5.1", bytes: close(1000, [0xCE, 0xBA, 0xED, 0xA0, 0x80, 0x65]), answer: .close(1007)),
            Case(number: "7.13.1", bytes: close(5000), answer: .close(1002)),
            Case(number: "7.13.2", bytes: close(65535), answer: .close(1002)),
        ]
            + good.enumerated().map { Case(number: "7.7.\($0 + 1)", bytes: close($1), answer: .close($1)) }
            + bad.enumerated().map { Case(number: "7.9.\($0 + 1)", bytes: close($1), answer: .close(1002)) }
    }()

    // MARK: 9 Large messages, 10 fragments of any size

    /// The suite goes to 16 MiB; the hub's limit is one, and smaller ones are quicker to make here.
    private static let large: [Case] = {
        let sizes = [64 << 10, 128 << 10]
        let whole = [(1, UInt8(1)), (2, 2)].flatMap { part, opcode in
            (part == 1 ? sizes : [sizes[0]]).enumerated().map { index, size in
                Case(number: "9.\(part).\(index + 1)", bytes: frame(opcode, command(size)), answer: .echo)
            }
        }
        let tooLarge: [UInt8] = [0x81, 0xFF, 0, 0, 0, 0, 0, 0x40, 0, 0, 1, 2, 3, 4]
        let beyond = Case(number: "9.1.4", bytes: tooLarge, answer: .close(1009))
        let cut = [64, 1 << 10, 16 << 10].enumerated().flatMap { index, size in
            [(3, UInt8(1)), (4, 2)].map { part, opcode in
                Case(
                    number: "9.\(part).\(index + 1)", bytes: fragments(command(64 << 10), of: size, opcode: opcode),
                    answer: .echo)
            }
        }
        let chopped = [64, 512].enumerated().map { index, size in
            Case(number: "9.5.\(index + 1)", bytes: text(command(32 << 10)), answer: .echo, chop: size)
        }
        return whole + [beyond] + cut + chopped + [
            Case(number: "10.1.1", bytes: fragments(command(65536), of: 1300), answer: .echo)
        ]
    }()

    private static let sections = [
        "framing": framing, "pings": pings, "reserved": reserved, "opcodes": opcodes, "fragmentation": fragmentation,
        "handling of UTF-8": utf8Handling, "UTF-8": utf8, "closing": closing, "large": large,
    ]

    @Test(arguments: sections.keys.sorted())
    func theHubAnswersAsTheSuiteDemands(section: String) async throws {
        try await TestServer.run { server in
            for entry in Self.sections[section] ?? [] {
                do {
                    let answer = try Self.play(entry, port: server.v1)
                    #expect(answer == entry.answer, "\(entry.number)")
                } catch {
                    Issue.record("\(entry.number): \(error)")
                }
            }
        }
    }

    /// 7.1.6 and 1.x.8 in one: a thousand messages behind one another, then a close.
    @Test func manyMessagesAreAnsweredBeforeTheClose() async throws {
        try await TestServer.run { server in
            let socket = try RawSocket.webSocket(port: server.v1)
            try socket.write((0..<1000).flatMap { _ in Self.text(Self.small) } + Self.frame(8, [3, 232]))
            var echoes = 0
            while case let frame = try socket.receive(), frame.opcode == 1 { echoes += 1 }
            // Those that the hub had not answered when the close came need no answer.
            #expect(echoes <= 1000)
            #expect(socket.isEnded())
        }
    }

    private static func play(_ entry: Case, port: Int) throws -> Answer {
        let socket = try RawSocket.webSocket(port: port)
        if entry.chop == 0 {
            try? socket.write(entry.bytes)
        } else {
            for start in stride(from: 0, to: entry.bytes.count, by: entry.chop) {
                try? socket.write(Array(entry.bytes[start..<min(start + entry.chop, entry.bytes.count)]))
            }
        }
        var pongs: [[UInt8]] = []
        while true {
            let frame = try socket.receive()
            switch frame.opcode {
            case 10: pongs.append(frame.payload)
            case 1 where frame.text.hasPrefix(#"{"pong":"#): return pongs.isEmpty ? .echo : .pongs(pongs)
            case 1 where frame.text == #"{"error":"invalid_json"}"#: return .refusal
            default: return .close(frame.code ?? 0)
            }
        }
    }
}
