/// Version 1 of blocks, numbers: the differences of scaled integers where all of them are decimals, else the doubles as they are.
enum NumberColumn {
    private static let raw: UInt8 = 0xFF
    private static let maximumDecimals = 6

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
        guard encoding <= maximumDecimals else { throw Corruption("a number encoding is unknown") }
        var integer: Int64 = 0
        for _ in 0..<count {
            integer = integer &+ (try reader.zigzag())
            numbers.append(DecimalScale.number(integer, decimals: Int(encoding)))
        }
        return numbers
    }
}
