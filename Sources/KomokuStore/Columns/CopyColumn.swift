/// Bytes as sequences: some literal ones, then a copy of bytes that came before (J. Ziv and A. Lempel, 1977). What follows the last
/// copy is literal.
struct CopyColumn {
    static let shortestCopy = 4
    private static let sequenceLimit = 1 << 18

    private var literals: [UInt8] = []
    /// Literals before each copy.
    private var gaps: [Int64] = []
    /// Bytes of each copy less `shortestCopy`.
    private var lengths: [Int64] = []
    /// How far back each copy begins; 0 is as far as the copy before.
    private var distances: [Int64] = []

    /// Nil where nothing repeats, or too much does to be kept in bounded memory.
    init?(_ bytes: [UInt8]) {
        var search = CopySearch(bytes)
        var (start, position) = (0, 0)
        var distance = 0
        while position + Self.shortestCopy <= bytes.count {
            guard let copy = search.longest(at: position, sameAs: distance) else {
                position += 1
                continue
            }
            literals.append(contentsOf: bytes[start..<position])
            gaps.append(Int64(position - start))
            lengths.append(Int64(copy.length - Self.shortestCopy))
            distances.append(copy.distance == distance ? 0 : Int64(copy.distance))
            distance = copy.distance
            search.pass(position + 1..<position + copy.length)
            position += copy.length
            start = position
        }
        guard !gaps.isEmpty, gaps.count <= Self.sequenceLimit else { return nil }
        literals.append(contentsOf: bytes[start...])
    }

    func encode(into writer: inout ByteWriter) {
        writer.varint(gaps.count)
        for column in [gaps, lengths, distances] { IntegerColumn.encode(column, into: &writer) }
        ByteColumn.encodeLiterals(literals, into: &writer)
    }

    /// - Parameter count: the caller bounds it; so many bytes are allocated, and some for each copy.
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt8] {
        let size = try reader.run(upTo: min(sequenceLimit, count / shortestCopy))
        let gaps = try IntegerColumn.decode(count: size, from: &reader)
        let lengths = try IntegerColumn.decode(count: size, from: &reader)
        let distances = try IntegerColumn.decode(count: size, from: &reader)
        let copied = try total(lengths, upTo: count - size * shortestCopy) + size * shortestCopy
        // Checked here, so that the gaps need no more than the literals have.
        _ = try total(gaps, upTo: count - copied)
        let literals = try ByteColumn.decodeLiterals(count: count - copied, from: &reader)
        var bytes = [UInt8](repeating: 0, count: count)
        var (next, end, distance) = (0, 0, 0)
        for index in 0..<size {
            let gap = Int(gaps[index])
            copy(gap, of: literals, from: next, to: end, &bytes)
            (next, end) = (next + gap, end + gap)
            if distances[index] != 0 { distance = Int(truncatingIfNeeded: distances[index]) }
            guard distance > 0, distance <= end else { throw Corruption("a copy begins before the first byte") }
            let length = Int(lengths[index]) + shortestCopy
            repeatBytes(length, from: end - distance, to: end, &bytes)
            end += length
        }
        copy(literals.count - next, of: literals, from: next, to: end, &bytes)
        return bytes
    }

    private static func copy(_ count: Int, of literals: [UInt8], from start: Int, to end: Int, _ bytes: inout [UInt8]) {
        for offset in 0..<count { bytes[end + offset] = literals[start + offset] }
    }

    /// A copy may reach into itself: byte by byte. In place: a slice of the bytes would make each step copy all of them.
    private static func repeatBytes(_ count: Int, from start: Int, to end: Int, _ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBufferPointer { bytes in
            for offset in 0..<count { bytes[end + offset] = bytes[start + offset] }
        }
    }

    private static func total(_ numbers: [Int64], upTo limit: Int) throws(Corruption) -> Int {
        var rest = Int64(limit)
        for number in numbers {
            guard number >= 0, number <= rest else { throw Corruption("a copy is out of range") }
            rest -= number
        }
        return limit - Int(rest)
    }
}

/// Finds bytes that came before, by a hash of four of them.
private struct CopySearch {
    struct Copy {
        let distance: Int
        let length: Int
    }

    private let bytes: [UInt8]
    private let bits: Int
    /// The last position of each hash, and for each position the one before it with the same hash; -1 is none.
    private var heads: [Int32]
    private var before: [Int32]
    /// Positions of one hash that are looked at.
    private static let depth = 16

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        bits = min(15, max(6, Int.bitWidth - bytes.count.leadingZeroBitCount))
        heads = [Int32](repeating: -1, count: 1 << bits)
        before = [Int32](repeating: -1, count: bytes.count)
    }

    private func hash(_ position: Int) -> Int {
        let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt32.self) }
        return Int((word &* 2_654_435_761) >> UInt32(32 - bits))
    }

    /// The longest copy for a position with four bytes or more behind it, which is noted.
    ///
    /// - Parameter distance: that of the copy before. It costs less, so it wins where another one is no longer.
    mutating func longest(at position: Int, sameAs distance: Int) -> Copy? {
        var best = Copy(distance: distance, length: distance > 0 ? length(position, position - distance) : 0)
        let hash = hash(position)
        var candidate = heads[hash]
        for _ in 0..<Self.depth where candidate >= 0 {
            let found = length(position, Int(candidate))
            if found > best.length + 1 || (best.length < CopyColumn.shortestCopy && found > best.length) {
                best = Copy(distance: position - Int(candidate), length: found)
            }
            candidate = before[Int(candidate)]
        }
        before[position] = heads[hash]
        heads[hash] = Int32(position)
        return best.length >= CopyColumn.shortestCopy ? best : nil
    }

    private func length(_ position: Int, _ earlier: Int) -> Int {
        var length = 0
        while position + length < bytes.count, bytes[position + length] == bytes[earlier + length] { length += 1 }
        return length
    }

    /// Notes positions that a copy covers.
    mutating func pass(_ positions: Range<Int>) {
        for position in positions where position + CopyColumn.shortestCopy <= bytes.count {
            let hash = hash(position)
            before[position] = heads[hash]
            heads[hash] = Int32(position)
        }
    }
}
