/// The symbols of unsigned numbers under a prefix code.
///
/// Numbers below 2^`split` are symbols of their own. A larger one's symbol says its highest bit and the two bits after it; the rest
/// of its bits follow as they are. The symbols above stand for runs of zeros: of 2^k to 2^(k + 1) - 1 of them, k more bits follow.
struct TokenAlphabet {
    let split: Int

    static let integers = TokenAlphabet(split: 6)
    static let bytes = TokenAlphabet(split: 8)

    /// Symbols of numbers.
    @inline(__always) var numbers: Int { (1 << split) + (64 - split) * 4 }
    static let runs = 32
    @inline(__always) var count: Int { numbers + Self.runs }

    @inline(__always)
    func symbol(_ number: UInt64) -> Int {
        guard number >= 1 << UInt64(split) else { return Int(truncatingIfNeeded: number) }
        let exponent = 63 - number.leadingZeroBitCount
        let mantissa = Int(truncatingIfNeeded: number >> UInt64(exponent - 2)) & 3
        return (1 << split) + (exponent - split) * 4 + mantissa
    }

    @inline(__always)
    func runSymbol(_ length: Int) -> Int { numbers + Int.bitWidth - 1 - length.leadingZeroBitCount }

    /// How many bits follow a symbol.
    @inline(__always)
    func extraBits(_ symbol: Int) -> Int {
        if symbol < 1 << split { return 0 }
        return symbol < numbers ? (symbol - (1 << split)) / 4 + split - 2 : symbol - numbers
    }

    /// The smallest number, or the shortest run, of a symbol.
    @inline(__always)
    func base(_ symbol: Int) -> UInt64 {
        if symbol < 1 << split { return UInt64(symbol) }
        if symbol >= numbers { return 1 << UInt64(symbol - numbers) }
        let rest = symbol - (1 << split)
        return UInt64(4 + (rest & 3)) << UInt64(rest / 4 + split - 2)
    }
}
