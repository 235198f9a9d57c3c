/// Numbers: the differences of scaled integers where all of them are decimals, else the doubles as they are.
enum NumberColumn {
    private static let raw: UInt8 = 0xFF

    static func encode(_ numbers: [Double], into writer: inout ByteWriter) {
        guard !numbers.isEmpty else { return }
        guard let (decimals, integers) = scaled(numbers) else {
            writer.byte(raw)
            for number in numbers { writer.fixed64(number.bitPattern) }
            return
        }
        writer.byte(UInt8(decimals))
        var previous: Int64 = 0
        for integer in integers {
            writer.zigzag(integer - previous)
            previous = integer
        }
    }

    /// The fewest decimals with which every number is exact.
    private static func scaled(_ numbers: [Double]) -> (decimals: Int, integers: [Int64])? {
        for decimals in 0...DecimalScale.maximumDecimals {
            var integers: [Int64] = []
            integers.reserveCapacity(numbers.count)
            for number in numbers {
                guard let integer = DecimalScale.scaled(number, decimals: decimals) else { break }
                integers.append(integer)
            }
            if integers.count == numbers.count { return (decimals, integers) }
        }
        return nil
    }

    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [Double] {
        guard count > 0 else { return [] }
        let encoding = try reader.byte()
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        if encoding == raw {
            for _ in 0..<count {
                let number = Double(bitPattern: try reader.fixed64())
                guard number.isFinite else { throw Corruption("a number is not finite") }
                numbers.append(number)
            }
            return numbers
        }
        guard encoding <= DecimalScale.maximumDecimals else { throw Corruption("a number encoding is unknown") }
        var integer: Int64 = 0
        for _ in 0..<count {
            integer = integer &+ (try reader.zigzag())
            numbers.append(DecimalScale.number(integer, decimals: Int(encoding)))
        }
        return numbers
    }
}
