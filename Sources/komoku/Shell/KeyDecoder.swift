/// Makes keys of the bytes that a terminal sends: UTF-8, control characters and the sequences of ECMA-48 and xterm.
struct KeyDecoder {
    private var pending: [UInt8] = []

    private static let longest = 16

    mutating func take(_ byte: UInt8) -> LineEditor.Key? {
        pending.append(byte)
        defer { if pending.count > Self.longest { pending = [] } }
        if pending[0] == 0x1B { return sequence() }
        if pending[0] < 0x20 || pending[0] == 0x7F {
            pending = []
            return Self.controls[byte]
        }
        return character()
    }

    private static let controls: [UInt8: LineEditor.Key] = [
        1: .start, 2: .left, 3: .interrupt, 4: .endOfInput, 5: .end, 6: .right, 8: .backspace, 9: .tab, 10: .enter,
        11: .killToEnd, 12: .clearScreen, 13: .enter, 14: .newer, 16: .older, 18: .search, 21: .killToStart,
        23: .killWord,
        0x7F: .backspace,
    ]

    private mutating func character() -> LineEditor.Key? {
        let length =
            switch pending[0] {
            case ..<0x80: 1
            case 0xC2..<0xE0: 2
            case 0xE0..<0xF0: 3
            case 0xF0..<0xF5: 4
            default: 0
            }
        guard pending.count >= length else { return nil }
        defer { pending = [] }
        return String(validating: pending, as: UTF8.self)?.first.map { .character($0) }
    }

    private static let sequences: [String: LineEditor.Key] = [
        "[A": .older, "[B": .newer, "[C": .right, "[D": .left, "[H": .start, "[F": .end, "OA": .older, "OB": .newer,
        "OC": .right, "OD": .left, "OH": .start, "OF": .end, "[1~": .start, "[4~": .end, "[7~": .start, "[8~": .end,
        "[3~": .delete, "[1;5C": .wordRight, "[1;5D": .wordLeft, "[1;3C": .wordRight, "[1;3D": .wordLeft,
        "b": .wordLeft,
        "f": .wordRight, "\u{7F}": .killWord,
    ]

    private mutating func sequence() -> LineEditor.Key? {
        let rest = pending.dropFirst()
        guard let first = rest.first else { return nil }
        // After `[` come parameters, and a letter or a tilde ends it; after `O` there is one letter.
        let isOpen = first == UInt8(ascii: "[") || first == UInt8(ascii: "O")
        if isOpen && (rest.count == 1 || !(0x40...0x7E).contains(rest.last ?? 0)) { return nil }
        pending = []
        return Self.sequences[String(decoding: rest, as: UTF8.self)]
    }
}
