import Komoku

/// The first format is only read.
extension Block {
    private static let maximumCountOfVersion1 = 1024

    static func decodeVersion1(from reader: inout ByteReader) throws(Corruption) -> PointColumns {
        let count = try reader.run(upTo: maximumCountOfVersion1)
        var columns = PointColumns()
        columns.times = try TimeColumn.decode(count: count, from: &reader)
        let provenances = try RunColumn.decode(count: count, from: &reader)
        let kinds = try RunColumn.decode(count: count, from: &reader)
        for (kind, provenance) in zip(kinds, provenances) {
            guard kind <= ValueKind.string.rawValue, Provenance(rawValue: provenance) != nil else {
                throw Corruption("a kind or a provenance is unknown")
            }
            columns.tags.append(kind | provenance << 2)
        }
        func points(_ kind: ValueKind) -> Int { kinds.count { $0 == kind.rawValue } }
        let numbers = try NumberColumn.decode(count: points(.number), from: &reader)
        let booleans = try RunColumn.decode(count: points(.boolean), from: &reader)
        guard booleans.allSatisfy({ $0 <= 1 }) else { throw Corruption("a boolean is neither 0 nor 1") }
        let (texts, slots) = try StringColumn.decode(count: points(.string), from: &reader)
        columns.texts = texts
        columns.payloads = Payloads(
            numbers: numbers.map(\.bitPattern), booleans: booleans.map { UInt64($0) }, slots: slots
        ).merged(columns.tags)
        return columns
    }
}
