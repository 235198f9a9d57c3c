/// Some points of one key, packed by columns. See `docs/store-format.md`.
enum Block {
    static let version: UInt8 = 2
    static let maximumCount = 16_384
    /// What fills a block, in bytes: with the row's other columns it is one page of 4 KiB.
    static let targetSize = 3900

    /// Reads all versions. Allocates at most a fixed amount, for `maximumCount` points and 16 MiB of texts.
    static func decode(_ bytes: [UInt8]) throws(Corruption) -> PointColumns {
        var reader = try ByteReader(sealed: bytes)
        let version = try reader.byte()
        let columns: PointColumns
        switch version {
        case 1: columns = try decodeVersion1(from: &reader)
        case Self.version: columns = try decodeVersion2(from: &reader)
        default: throw Corruption("its version \(version) is unknown")
        }
        try reader.finish()
        return columns
    }
}
