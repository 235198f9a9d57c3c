/// Booleans as the lengths of their runs; the last run is what is left.
enum BooleanColumn {
    static func encode(_ flags: [Bool], into writer: inout ByteWriter) {
        guard let first = flags.first else { return }
        var lengths: [Int64] = []
        var start = 0
        for index in 1..<max(1, flags.count) where flags[index] != flags[index - 1] {
            lengths.append(Int64(index - start))
            start = index
        }
        // The count of changes, and the first boolean.
        writer.varint(lengths.count << 1 | (first ? 1 : 0))
        IntegerColumn.encode(lengths, into: &writer)
    }

    /// - Returns: zeros and ones.
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt64] {
        guard count > 0 else { return [] }
        let head = try reader.count(upTo: count * 2 - 1)
        var flag = UInt64(head & 1)
        var flags: [UInt64] = []
        flags.reserveCapacity(count)
        for length in try IntegerColumn.decode(count: head >> 1, from: &reader) {
            guard length > 0, length < count - flags.count else { throw Corruption("a run is too long") }
            flags.append(contentsOf: repeatElement(flag, count: Int(length)))
            flag ^= 1
        }
        flags.append(contentsOf: repeatElement(flag, count: count - flags.count))
        return flags
    }
}
