/// Texts: the different ones once, and for each the slot of its text among them.
enum TextColumn {
    /// Bytes that the different texts of a column may have when they are not written as they are.
    static let maximumSize = 16 << 20

    /// - Parameter texts: the different texts in the order in which they come first.
    /// - Parameter slots: for each point the slot of its text.
    static func encode(_ texts: [ByteText], slots: [Int64], into writer: inout ByteWriter) {
        guard !slots.isEmpty else { return }
        writer.varint(texts.count)
        IntegerColumn.encode(texts.map { Int64($0.text.utf8.count) }, into: &writer)
        var bytes: [UInt8] = []
        for text in texts { bytes.append(contentsOf: text.text.utf8) }
        ByteColumn.encode(bytes, into: &writer)
        IntegerColumn.encode(slots, into: &writer)
    }

    static func decode(
        count: Int, from reader: inout ByteReader
    ) throws(Corruption) -> (texts: [String], slots: [UInt64]) {
        guard count > 0 else { return ([], []) }
        let size = try reader.run(upTo: count)
        let lengths = try IntegerColumn.decode(count: size, from: &reader)
        let total = try total(of: lengths)
        let bytes = try ByteColumn.decode(count: total, from: &reader)
        var texts: [String] = []
        texts.reserveCapacity(size)
        var start = 0
        for length in lengths {
            guard let text = String(validating: bytes[start..<(start + Int(length))], as: UTF8.self) else {
                throw Corruption("a text is not UTF-8")
            }
            texts.append(text)
            start += Int(length)
        }
        let slots = try IntegerColumn.decode(count: count, from: &reader)
        guard slots.allSatisfy({ texts.indices.contains(Int($0)) }) else {
            throw Corruption("a text is not among the different ones")
        }
        return (texts, slots.map { UInt64($0) })
    }

    private static func total(of lengths: [Int64]) throws(Corruption) -> Int {
        var total: Int64 = 0
        for length in lengths {
            guard length >= 0, length <= Int64.max - total else { throw Corruption("a text's length is out of range") }
            total += length
        }
        return Int(total)
    }
}
