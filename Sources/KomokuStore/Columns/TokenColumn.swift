/// Unsigned numbers as symbols of a prefix code, and the bits that follow each.
enum TokenColumn {
    static func write(_ numbers: [UInt64], _ counts: TokenCounts, zerosAsRuns: Bool, into writer: inout ByteWriter) {
        let alphabet = counts.alphabet
        let lengths = PrefixCode.lengths(for: counts.symbols(zerosAsRuns: zerosAsRuns))
        // The code in the low half, its length above.
        let codes = zip(PrefixCode.codes(lengths), lengths).map { UInt32($0) | UInt32($1) << 16 }
        var bits = BitWriter(capacity: numbers.count + 64)
        PrefixCode.write(lengths, into: &bits)
        codes.withUnsafeBufferPointer { codes in
            var zeros = 0
            for number in numbers {
                if number == 0, zerosAsRuns {
                    zeros += 1
                    continue
                }
                if zeros > 0 { writeRun(&zeros, alphabet, codes, into: &bits) }
                let symbol = alphabet.symbol(number)
                write(codes[symbol], into: &bits)
                if number >= 1 << UInt64(alphabet.split) {
                    let extra = 61 - number.leadingZeroBitCount
                    bits.writeLong(number & ((1 << UInt64(extra)) - 1), count: extra)
                }
            }
            if zeros > 0 { writeRun(&zeros, alphabet, codes, into: &bits) }
        }
        writer.raw(bits.finish())
    }

    @inline(__always)
    private static func write(_ code: UInt32, into bits: inout BitWriter) {
        bits.write(UInt64(code & 0xFFFF), count: Int(code >> 16))
    }

    private static func writeRun(
        _ length: inout Int, _ alphabet: TokenAlphabet, _ codes: UnsafeBufferPointer<UInt32>, into bits: inout BitWriter
    ) {
        let symbol = alphabet.runSymbol(length)
        write(codes[symbol], into: &bits)
        let extra = symbol - alphabet.numbers
        bits.write(UInt64(length) & ((1 << UInt64(extra)) - 1), count: extra)
        length = 0
    }

    /// Fills all of `numbers`, which holds zeros.
    static func read(
        _ alphabet: TokenAlphabet, into numbers: UnsafeMutableBufferPointer<UInt64>, from bits: inout BitReader
    ) throws(Corruption) {
        let lengths = try PrefixCode.read(limit: alphabet.count, from: &bits)
        let table = TokenTable(lengths, alphabet)
        let isShort = table.tokens.withUnsafeBufferPointer { tokens in
            table.rows.withUnsafeBufferPointer { rows in
                read(rows, tokens, width: table.width, into: numbers, from: &bits)
            }
        }
        guard isShort else { throw Corruption("a run of zeros is too long") }
    }

    /// - Returns: false where a run leads beyond the end.
    private static func read(
        _ rows: UnsafeBufferPointer<UInt16>, _ tokens: UnsafeBufferPointer<TokenTable.Token>, width: Int,
        into numbers: UnsafeMutableBufferPointer<UInt64>, from stream: inout BitReader
    ) -> Bool {
        guard let out = numbers.baseAddress, let rows = rows.baseAddress, let tokens = tokens.baseAddress else {
            return numbers.isEmpty
        }
        var bits = stream
        defer { stream = bits }
        let mask = (1 << UInt64(width)) &- 1 as UInt64
        var index = 0
        while index < numbers.count {
            bits.refill()
            // The table has a row for every value of `width` bits, and its rows are below the count of tokens.
            let token = tokens[Int(rows[Int(truncatingIfNeeded: bits.ahead & mask)])]
            bits.skip(Int(token.length))
            if token.extra == 0, !token.isRun {
                out[index] = token.base
                index &+= 1
                continue
            }
            if token.extra > 40 { bits.refill() }
            let number = token.base &+ (token.extra > 56 ? bits.read(Int(token.extra)) : bits.take(Int(token.extra)))
            if token.isRun {
                guard number <= UInt64(numbers.count &- index) else { return false }
                index &+= Int(number)
            } else {
                out[index] = number
                index &+= 1
            }
        }
        return true
    }
}

/// What the bits that come next mean.
struct TokenTable {
    struct Token {
        let base: UInt64
        let length: UInt8
        let extra: UInt8
        let isRun: Bool
    }

    /// The longest code.
    let width: Int
    /// For each value of the next `width` bits the index of its token.
    private(set) var rows: [UInt16]
    private(set) var tokens: [Token] = []

    /// - Parameter lengths: a whole code, or a single symbol of one bit.
    init(_ lengths: [UInt8], _ alphabet: TokenAlphabet) {
        width = Int(lengths.max() ?? 1)
        rows = [UInt16](repeating: 0, count: 1 << width)
        let codes = PrefixCode.codes(lengths)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let slot = UInt16(tokens.count)
            tokens.append(
                Token(
                    base: alphabet.base(symbol), length: length, extra: UInt8(alphabet.extraBits(symbol)),
                    isRun: symbol >= alphabet.numbers))
            // The bits above the code may be anything.
            for row in stride(from: Int(codes[symbol]), to: rows.count, by: 1 << Int(length)) { rows[row] = slot }
        }
    }
}
