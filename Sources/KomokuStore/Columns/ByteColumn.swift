/// Bytes of texts: as they are, under a prefix code, or as copies of what came before.
enum ByteColumn {
    private enum Form {
        static let raw: UInt8 = 0
        static let coded: UInt8 = 1
        static let copies: UInt8 = 2
    }

    /// Shorter ones do not pay for a code.
    private static let shortest = 24

    static func encode(_ bytes: [UInt8], into writer: inout ByteWriter) {
        guard bytes.count >= shortest, bytes.count <= TextColumn.maximumSize else {
            encodeLiterals(bytes, into: &writer)
            return
        }
        var plain = ByteWriter()
        encodeLiterals(bytes, into: &plain)
        if let copies = CopyColumn(bytes) {
            var other = ByteWriter()
            other.byte(Form.copies)
            copies.encode(into: &other)
            if other.count < plain.count { plain = other }
        }
        writer.raw(plain.bytes)
    }

    /// Without copies.
    static func encodeLiterals(_ bytes: [UInt8], into writer: inout ByteWriter) {
        if bytes.count >= shortest, bytes.count <= TextColumn.maximumSize {
            let numbers = bytes.map { UInt64($0) }
            let counts = TokenCounts(numbers, .bytes)
            if counts.cost(zerosAsRuns: false) < Double(bytes.count * 8) {
                writer.byte(Form.coded)
                TokenColumn.write(numbers, counts, zerosAsRuns: false, into: &writer)
                return
            }
        }
        writer.byte(Form.raw)
        writer.raw(bytes)
    }

    /// - Parameter count: only of bytes as they are it may be beyond `TextColumn.maximumSize`.
    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt8] {
        let form = try reader.byte()
        if form == Form.copies { return try CopyColumn.decode(count: checked(count), from: &reader) }
        return try decodeLiterals(form, count: count, from: &reader)
    }

    static func decodeLiterals(count: Int, from reader: inout ByteReader) throws(Corruption) -> [UInt8] {
        try decodeLiterals(try reader.byte(), count: count, from: &reader)
    }

    private static func decodeLiterals(
        _ form: UInt8, count: Int, from reader: inout ByteReader
    ) throws(Corruption) -> [UInt8] {
        switch form {
        case Form.raw: return Array(try reader.slice(count))
        case Form.coded:
            // A byte has at least one bit.
            guard try checked(count) / 8 <= reader.remaining else { throw Corruption("it is cut short") }
            var numbers = [UInt64](repeating: 0, count: count)
            try numbers.withUnsafeMutableBufferPointer { numbers throws(Corruption) in
                try reader.bits { bits throws(Corruption) in try TokenColumn.read(.bytes, into: numbers, from: &bits) }
            }
            return numbers.map { UInt8(truncatingIfNeeded: $0) }
        default: throw Corruption("a form of texts is unknown")
        }
    }

    private static func checked(_ count: Int) throws(Corruption) -> Int {
        guard count <= TextColumn.maximumSize else { throw Corruption("its texts are too long") }
        return count
    }
}
