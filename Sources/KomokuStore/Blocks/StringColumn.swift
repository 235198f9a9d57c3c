/// Version 1 of blocks, texts: each different one once, then which of them comes how often.
enum StringColumn {
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> (
        texts: [String], slots: [UInt64]
    ) {
        guard count > 0 else { return ([], []) }
        let size = try reader.run(upTo: min(count, reader.remaining))
        var dictionary: [String] = []
        dictionary.reserveCapacity(size)
        for _ in 0..<size { dictionary.append(try reader.text()) }
        var slots: [UInt64] = []
        slots.reserveCapacity(count)
        while slots.count < count {
            let index = try reader.count(upTo: size - 1)
            let length = try reader.run(upTo: count - slots.count)
            slots.append(contentsOf: repeatElement(UInt64(index), count: length))
        }
        return (dictionary, slots)
    }
}
