import Komoku

/// Some points of one key, packed by columns. See `docs/store-format.md`.
enum Block {
    static let version: UInt8 = 1
    static let maximumCount = 1024

    /// - Parameter points: 1 to `maximumCount`, their times strictly ascending.
    static func encode(_ points: ArraySlice<Point>) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(version)
        writer.varint(points.count)
        TimeColumn.encode(points.lazy.map(\.time.microseconds), into: &writer)
        RunColumn.encode(points.lazy.map(\.provenance.rawValue), into: &writer)
        RunColumn.encode(points.lazy.map { ValueKind(of: $0.value).rawValue }, into: &writer)
        NumberColumn.encode(points.compactMap { $0.value?.number }, into: &writer)
        RunColumn.encode(points.lazy.compactMap { $0.value?.boolean }.map { $0 ? 1 : 0 }, into: &writer)
        StringColumn.encode(points.compactMap { $0.value?.string }, into: &writer)
        return writer.sealed()
    }

    /// Allocates at most a fixed amount, for `maximumCount` points, besides the texts.
    static func decode(_ bytes: [UInt8]) throws(Corruption) -> [Point] {
        var reader = try ByteReader(sealed: bytes)
        let version = try reader.byte()
        guard version == Self.version else { throw Corruption("its version \(version) is unknown") }
        let count = try reader.run(upTo: maximumCount)
        let times = try TimeColumn.decode(count: count, from: &reader)
        let provenances = try RunColumn.decode(count: count, from: &reader)
        let kinds = try RunColumn.decode(count: count, from: &reader)
        var values = try BlockValues(kinds: kinds, from: &reader)
        try reader.finish()
        var points: [Point] = []
        points.reserveCapacity(count)
        for index in 0..<count {
            guard let provenance = Provenance(rawValue: provenances[index]) else {
                throw Corruption("a provenance is unknown")
            }
            points.append(
                Point(
                    time: Timestamp(microseconds: times[index]), value: try values.next(kinds[index]),
                    provenance: provenance))
        }
        return points
    }
}

/// The values of a block while they are put together again: each kind has a column of its own.
private struct BlockValues {
    private var numbers: IndexingIterator<[Double]>
    private var booleans: IndexingIterator<[UInt8]>
    private var strings: IndexingIterator<[String]>

    init(kinds: [UInt8], from reader: inout ByteReader) throws(Corruption) {
        func count(_ kind: ValueKind) -> Int { kinds.count { $0 == kind.rawValue } }
        numbers = try NumberColumn.decode(count: count(.number), from: &reader).makeIterator()
        booleans = try RunColumn.decode(count: count(.boolean), from: &reader).makeIterator()
        strings = try StringColumn.decode(count: count(.string), from: &reader).makeIterator()
    }

    mutating func next(_ kind: UInt8) throws(Corruption) -> Value? {
        switch ValueKind(rawValue: kind) {
        case .gap: return nil
        case .number: if let number = numbers.next() { return .number(number) }
        case .boolean: if let flag = booleans.next(), flag <= 1 { return .boolean(flag == 1) }
        case .string: if let string = strings.next() { return .string(string) }
        case nil: break
        }
        throw Corruption("a value is missing or unknown")
    }
}
