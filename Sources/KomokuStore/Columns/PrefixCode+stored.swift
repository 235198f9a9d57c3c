/// The lengths of a code's symbols as bits. See `docs/store-format.md`.
extension PrefixCode {
    private static let firstLength: UInt8 = 5

    static func write(_ lengths: [UInt8], into bits: inout BitWriter) {
        let end = (lengths.lastIndex { $0 > 0 } ?? -1) + 1
        bits.write(UInt64(end), count: 10)
        var before = firstLength
        var symbol = 0
        while symbol < end {
            let length = lengths[symbol]
            guard length > 0 else {
                let run = lengths[symbol...].prefix { $0 == 0 }.count
                bits.write(0b111, count: 3)
                writeRun(run, into: &bits)
                symbol += run
                continue
            }
            write(length, after: before, into: &bits)
            before = length
            symbol += 1
        }
    }

    private static func write(_ length: UInt8, after before: UInt8, into bits: inout BitWriter) {
        switch Int(length) - Int(before) {
        case 0: bits.write(0, count: 1)
        case 1: bits.write(0b101, count: 3)
        case -1: bits.write(0b001, count: 3)
        default: bits.write(0b011 | UInt64(length) << 3, count: 7)
        }
    }

    /// Elias' gamma: one less zeros than the number has bits, then the number without its highest bit behind a one.
    private static func writeRun(_ run: Int, into bits: inout BitWriter) {
        let width = Int.bitWidth - run.leadingZeroBitCount
        bits.write(1 << UInt64(width - 1), count: width)
        bits.write(UInt64(run) & ((1 << UInt64(width - 1)) - 1), count: width - 1)
    }

    /// - Parameter limit: the size of the alphabet, at most 1,023.
    /// - Returns: lengths up to the last symbol that occurs; they make a code that is whole.
    static func read(limit: Int, from bits: inout BitReader) throws(Corruption) -> [UInt8] {
        let end = Int(bits.read(10))
        guard end > 0, end <= limit else { throw Corruption("the size of a code is out of range") }
        var lengths: [UInt8] = []
        lengths.reserveCapacity(end)
        var before = firstLength
        while lengths.count < end {
            bits.refill()
            if bits.take(1) == 0 {
                lengths.append(before)
                continue
            }
            if bits.take(1) == 0 {
                before = bits.take(1) == 1 ? before &+ 1 : before &- 1
            } else if bits.take(1) == 0 {
                before = UInt8(bits.take(4))
            } else {
                let run = readRun(from: &bits)
                guard run <= end - lengths.count else { throw Corruption("a run is too long") }
                lengths.append(contentsOf: repeatElement(0, count: run))
                continue
            }
            guard before > 0, before <= maximumLength else { throw Corruption("a code is too long") }
            lengths.append(before)
        }
        guard isWhole(lengths) else { throw Corruption("a code is not whole") }
        return lengths
    }

    private static func readRun(from bits: inout BitReader) -> Int {
        let zeros = bits.ahead.trailingZeroBitCount
        guard zeros <= 10 else { return .max }
        bits.skip(zeros + 1)
        return 1 << zeros | Int(bits.take(zeros))
    }

    /// Whether any bits mean something: else a table would have holes.
    private static func isWhole(_ lengths: [UInt8]) -> Bool {
        var (sum, used) = (0, 0)
        for length in lengths where length > 0 {
            sum += 1 << (maximumLength - Int(length))
            used += 1
        }
        return sum == 1 << maximumLength || (used == 1 && sum == 1 << (maximumLength - 1))
    }
}
