/// Checks text that comes in pieces, which may end in the midst of a character.
struct UTF8Check: Hashable {
    /// Bytes of the character under way that are missing.
    private var missing = 0
    /// What the next of them may be: the second byte keeps out what is too long, a surrogate, or beyond U+10FFFF.
    private var range: ClosedRange<UInt8> = 0x80...0xBF
    private(set) var isValid = true

    /// Whether all that came is text, to its end.
    var isWhole: Bool { isValid && missing == 0 }

    mutating func add(_ bytes: some Collection<UInt8>) {
        // Most messages are ASCII.
        if missing == 0, bytes.allSatisfy({ $0 < 0x80 }) { return }
        for byte in bytes where isValid { add(byte) }
    }

    private mutating func add(_ byte: UInt8) {
        if missing > 0 {
            isValid = range.contains(byte)
            range = 0x80...0xBF
            missing -= 1
            return
        }
        switch byte {
        case 0..<0x80: return
        case 0xC2...0xDF: missing = 1
        case 0xE0: (missing, range) = (2, 0xA0...0xBF)
        case 0xED: (missing, range) = (2, 0x80...0x9F)
        case 0xE1...0xEF: missing = 2
        case 0xF0: (missing, range) = (3, 0x90...0xBF)
        case 0xF1...0xF3: missing = 3
        case 0xF4: (missing, range) = (3, 0x80...0x8F)
        default: isValid = false
        }
    }
}
