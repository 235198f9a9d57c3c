import Komoku
@testable import KomokuServer
import KomokuTesting
import KomokuWire
import NIOCore
import Testing

/// RFC 6455, sections 5 and 7, as a table: what is sent, and what comes back.
struct FrameTableTests {
    /// What the hub answers with.
    enum Answer: Equatable, Sendable {
        /// A message; the hub's answer to `{"ping":…}`.
        case text(String)
        case pong([UInt8])
        case close(Int)
    }

    /// What it is, what is sent, what comes back.
    private typealias Row = (String, [UInt8], Answer)

    private static let ping = Array(#"{"ping":"ä€😀"}"#.utf8)
    private static let answer = Answer.text(#"{"pong":"ä€😀"}"#)

    private static func frame(
        _ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, reserved: UInt8 = 0, masked: Bool = true
    ) -> [UInt8] {
        RawSocket.frame(opcode, payload, fin: fin, masked: masked, reserved: reserved)
    }

    private static func closing(_ code: Int, _ reason: [UInt8] = []) -> [UInt8] {
        frame(8, [UInt8(code >> 8 & 255), UInt8(code & 255)] + reason)
    }

    /// A head alone: what is wrong is said without waiting for the payload.
    private static func head(_ bytes: [UInt8]) -> [UInt8] { bytes }

    private static let opcodes: [Row] = {
        var rows: [Row] = [
            ("text", frame(1, ping), answer), ("binary", frame(2, ping), answer), ("ping", frame(9, [1]), .pong([1])),
        ]
        for opcode: UInt8 in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
            rows.append(("opcode \(opcode)", [0x80 | opcode], .close(1002)))
        }
        for bits: UInt8 in [0x40, 0x20, 0x10, 0x70] {
            for opcode: UInt8 in [1, 2, 8, 9, 10] {
                rows.append(("bits \(bits) of opcode \(opcode)", frame(opcode, [], reserved: bits), .close(1002)))
            }
        }
        return rows
    }()

    private static let fragments: [Row] = [
        ("two", frame(1, Array(ping[..<5]), fin: false) + frame(0, Array(ping[5...])), answer),
        (
            "in the midst of characters", frame(1, fin: false) + ping.flatMap { frame(0, [$0], fin: false) } + frame(0),
            answer
        ),
        ("empty ones", frame(1, fin: false) + frame(0, fin: false) + frame(0, ping), answer),
        ("of binary", frame(2, Array(ping[..<3]), fin: false) + frame(0, Array(ping[3...])), answer),
        ("a ping between", frame(1, [0x31], fin: false) + frame(9, [7]), .pong([7])),
        ("a close between", frame(1, [0x31], fin: false) + closing(1000), .close(1000)),
        ("a continuation of nothing", frame(0, [0x31]), .close(1002)),
        ("a continuation behind the end", frame(1, [0x20]) + frame(0, [0x31]), .close(1002)),
        ("text inside", frame(1, [0x31], fin: false) + frame(1, [0x31]), .close(1002)),
        ("binary inside", frame(2, [0x31], fin: false) + frame(2, [0x31]), .close(1002)),
    ]

    private static let control: [Row] = [
        ("a ping of 125", frame(9, [UInt8](repeating: 5, count: 125)), .pong([UInt8](repeating: 5, count: 125))),
        ("an empty ping", frame(9), .pong([])),
        ("a ping of 126", frame(9, [UInt8](repeating: 5, count: 126)), .close(1002)),
        ("a pong of 126", frame(10, [UInt8](repeating: 5, count: 126)), .close(1002)),
        ("a close of 126", frame(8, [3, 232] + [UInt8](repeating: 65, count: 124)), .close(1002)),
        ("a ping in fragments", frame(9, [1], fin: false), .close(1002)),
        ("a close in fragments", frame(8, [3, 232], fin: false), .close(1002)),
        ("a pong that nobody asked for", frame(10, [1]) + frame(1, ping), answer),
    ]

    private static let lengths: [Row] = [
        ("16 bits for 125", head([0x81, 0xFE, 0, 125]), .close(1002)),
        ("64 bits for 65,535", head([0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]), .close(1002)),
        ("64 bits with the first set", head([0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]), .close(1002)),
        ("beyond the limit", head([0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 1]), .close(1009)),
        ("unmasked", head([0x81, 1]), .close(1002)),
        ("an unmasked close", frame(8, [3, 232], masked: false), .close(1002)),
        ("an unmasked ping", frame(9, [], masked: false), .close(1002)),
    ]

    private static let texts: [Row] = [
        ("a stray byte", frame(1, [0x22, 0x80, 0x22]), .close(1007)),
        ("too long a form", frame(1, [0x22, 0xC0, 0xAF, 0x22]), .close(1007)),
        ("a surrogate", frame(1, [0x22, 0xED, 0xA0, 0x80, 0x22]), .close(1007)),
        ("beyond U+10FFFF", frame(1, [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22]), .close(1007)),
        ("an unfinished character", frame(1, [0x22, 0xE2, 0x82]), .close(1007)),
        ("broken in the first fragment", frame(1, [0x22, 0xFF], fin: false), .close(1007)),
        ("broken between two", frame(1, [0x22, 0xE2], fin: false) + frame(0, [0x41], fin: false), .close(1007)),
    ]

    private static let codes: [Row] = {
        var rows: [Row] = [
            ("no code", frame(8), .close(1000)), ("one byte", frame(8, [3]), .close(1002)),
            ("a reason", closing(1000, Array("bye, ä€😀".utf8)), .close(1000)),
            ("a broken reason", closing(1000, [0xC3, 0x28]), .close(1007)),
            ("an unfinished reason", closing(1000, [0xE2, 0x82]), .close(1007)),
            ("a wrong code with a broken reason", closing(1005, [0xFF]), .close(1002)),
        ]
        for code in [1000, 1001, 1002, 1003] + Array(1007...1014) + [3000, 3999, 4000, 4999] {
            rows.append(("code \(code)", closing(code), .close(code)))
        }
        for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            rows.append(("code \(code)", closing(code), .close(1002)))
        }
        return rows
    }()

    @Test func theHubAnswersAsTheTableSays() async throws {
        let groups = [
            "opcodes": Self.opcodes, "fragments": Self.fragments, "control": Self.control, "lengths": Self.lengths,
            "texts": Self.texts, "codes": Self.codes,
        ]
        try await TestServer.run { server in
            for (group, rows) in groups {
                for (what, bytes, expected) in rows {
                    let socket = try RawSocket.webSocket(port: server.v1)
                    try socket.write(bytes)
                    let frame = try socket.receive()
                    let answer: Answer =
                        switch frame.opcode {
                        case 1: .text(frame.text)
                        case 10: .pong(frame.payload)
                        default: .close(frame.code ?? 0)
                        }
                    #expect(answer == expected, "\(group): \(what)")
                    if case .close = answer { #expect(socket.isEnded(), "\(group): \(what)") }
                }
            }
        }
    }

    @Test func textIsCheckedInPiecesAsTheStandardLibraryChecksItWhole() {
        var random = SplitMix(seed: 11)
        let bytes: [UInt8] = [
            0x20, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in bytes.randomElement(using: &random)
            }
            var check = UTF8Check()
            let cut = Int.random(in: 0...text.count, using: &random)
            check.add(text[..<cut])
            check.add(text[cut...])
            #expect(check.isWhole == (String(validating: text, as: UTF8.self) != nil), "\(text) cut at \(cut)")
        }
    }

    @Test func framesComeOutAlikeHoweverTheirBytesArrive() throws {
        let stream =
            Self.frame(1, Self.ping) + Self.frame(9, [1, 2]) + Self.frame(2, [UInt8](repeating: 7, count: 70_000))
        for width in [1, 2, 3, 7, 1000, stream.count] {
            var decoder = ClientFrameDecoder(maximumBytes: 1 << 20)
            var buffer = ByteBuffer()
            var lengths: [Int] = []
            for start in stride(from: 0, to: stream.count, by: width) {
                buffer.writeBytes(stream[start..<min(start + width, stream.count)])
                while let frame = try decoder.next(&buffer) { lengths.append(frame.payload.readableBytes) }
            }
            #expect(lengths == [Self.ping.count, 2, 70_000])
        }
    }
}
