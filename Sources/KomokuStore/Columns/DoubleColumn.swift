/// Doubles, exact to the bit: as scaled integers where nearly all are decimals, else as their bits, or by their index among the
/// different ones. See `docs/store-format.md`.
enum DoubleColumn {
    /// The first byte; below 16 it is a count of decimals.
    enum Form {
        static let exceptions: UInt8 = 16
        static let bits: UInt8 = 32
        static let dictionary: UInt8 = 33
    }

    static func encode(_ numbers: [Double], into writer: inout ByteWriter) {
        guard !numbers.isEmpty else { return }
        var plain = ByteWriter()
        if let decimals = DecimalColumn(numbers) {
            decimals.encode(into: &plain)
        } else {
            plain.byte(Form.bits)
            IntegerColumn.encode(numbers.map { Int64(bitPattern: $0.bitPattern) }, into: &plain)
        }
        // Below some bits a number a dictionary gains nothing.
        if plain.count * 4 > numbers.count, let dictionary = DoubleDictionary(numbers) {
            var other = ByteWriter()
            other.byte(Form.dictionary)
            dictionary.encode(into: &other)
            if other.count < plain.count { plain = other }
        }
        writer.raw(plain.bytes)
    }

    /// - Throws: also where a number is not finite.
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [Double] {
        guard count > 0 else { return [] }
        let form = try reader.byte()
        if form < Form.bits { return try DecimalColumn.decode(form, count: count, from: &reader) }
        let bits: [Int64]
        switch form {
        case Form.bits: bits = try IntegerColumn.decode(count: count, from: &reader)
        case Form.dictionary: bits = try DoubleDictionary.decode(count: count, from: &reader)
        default: throw Corruption("a form of a number column is unknown")
        }
        let numbers = bits.map { Double(bitPattern: UInt64(bitPattern: $0)) }
        guard numbers.allSatisfy(\.isFinite) else { throw Corruption("a number is not finite") }
        return numbers
    }
}

/// The different doubles of a column, as bits in ascending order, and for each number its index among them.
private struct DoubleDictionary {
    static let limit = 256
    /// So many numbers show whether it is worth to look at all.
    private static let probe = (numbers: 256, different: 64)

    private let different: [Int64]
    private let indices: [Int64]

    init?(_ numbers: [Double]) {
        var seen: [UInt64: Int64] = [:]
        for (index, number) in numbers.enumerated() {
            seen[number.bitPattern] = 0
            if seen.count > (index < Self.probe.numbers ? Self.probe.different : Self.limit) { return nil }
        }
        guard seen.count * 2 <= numbers.count else { return nil }
        different = seen.keys.map { Int64(bitPattern: $0) }.sorted()
        for (index, bits) in different.enumerated() { seen[UInt64(bitPattern: bits)] = Int64(index) }
        indices = numbers.map { seen[$0.bitPattern] ?? 0 }
    }

    func encode(into writer: inout ByteWriter) {
        writer.varint(different.count)
        IntegerColumn.encode(different, into: &writer)
        IntegerColumn.encode(indices, into: &writer)
    }

    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [Int64] {
        let size = try reader.run(upTo: min(count, limit))
        let different = try IntegerColumn.decode(count: size, from: &reader)
        let indices = try IntegerColumn.decode(count: count, from: &reader)
        guard indices.allSatisfy({ different.indices.contains(Int($0)) }) else {
            throw Corruption("a number is not among the different ones")
        }
        return indices.map { different[Int($0)] }
    }
}
