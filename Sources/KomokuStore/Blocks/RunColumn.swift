/// Small numbers that seldom change: each a byte, and how often it comes.
enum RunColumn {
    static func encode(_ items: some Sequence<UInt8>, into writer: inout ByteWriter) {
        var current: UInt8?
        var length = 0
        for item in items {
            if item == current {
                length += 1
                continue
            }
            if let current { write(current, length, into: &writer) }
            (current, length) = (item, 1)
        }
        if let current { write(current, length, into: &writer) }
    }

    private static func write(_ item: UInt8, _ length: Int, into writer: inout ByteWriter) {
        writer.byte(item)
        writer.varint(length)
    }

    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt8] {
        var items: [UInt8] = []
        items.reserveCapacity(count)
        while items.count < count {
            let item = try reader.byte()
            let length = try reader.run(upTo: count - items.count)
            items.append(contentsOf: repeatElement(item, count: length))
        }
        return items
    }
}
