/// The receipts of a commit as one row of the journal: version 3 of a row. The newest one counts. See `docs/store-format.md`.
enum ReceiptRow {
    static let version: UInt8 = 3

    /// Ids mostly follow one another: a run of them is its first and its length, and then the hashes.
    static func encode(_ receipts: [Receipt]) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(version)
        writer.varint(receipts.count)
        var index = 0
        while index < receipts.count {
            var end = index + 1
            while end < receipts.count, receipts[end].id == receipts[end - 1].id &+ 1 { end += 1 }
            writer.varint(Int(receipts[index].id))
            writer.varint(end - index)
            for receipt in receipts[index..<end] { writer.fixed32(receipt.hash) }
            index = end
        }
        return writer.sealed()
    }

    /// - Returns: nil where the row holds something else.
    static func decode(_ bytes: [UInt8]) throws(Corruption) -> [Receipt]? {
        guard bytes.first == version else { return nil }
        var reader = try ByteReader(sealed: bytes)
        _ = try reader.byte()
        let count = try reader.varint()
        guard count <= UInt64(reader.remaining / 4) else { throw Corruption("a count is out of range") }
        var receipts: [Receipt] = []
        receipts.reserveCapacity(Int(count))
        while receipts.count < Int(count) {
            guard let first = UInt16(exactly: try reader.varint()), case let length = try reader.varint(),
                length > 0, length <= UInt64(Int(count) - receipts.count)
            else { throw Corruption("a run of receipts is out of range") }
            for offset in 0..<UInt16(truncatingIfNeeded: length) {
                receipts.append(Receipt(id: first &+ offset, hash: try reader.fixed32()))
            }
        }
        try reader.finish()
        return receipts
    }
}
