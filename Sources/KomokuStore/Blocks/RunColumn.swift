/// Version 1 of blocks: small numbers that seldom change: each a byte, and how often it comes.
enum RunColumn {
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
