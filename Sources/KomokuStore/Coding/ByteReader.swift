/// Reads what `ByteWriter` wrote. Whatever the bytes are, it throws instead of trapping and reads no byte twice.
struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// Reads bytes that end with the CRC-32C of all before it.
    init(sealed bytes: [UInt8]) throws(Corruption) {
        guard bytes.count >= 4 else { throw Corruption("it is cut short") }
        let body = bytes[..<(bytes.count - 4)]
        var stored = ByteReader(bytes[(bytes.count - 4)...])
        guard try stored.fixed32() == CRC32C.checksum(body) else { throw Corruption("its checksum is wrong") }
        self.init(body)
    }

    var remaining: Int { bytes.endIndex - index }

    @inline(__always)
    mutating func byte() throws(Corruption) -> UInt8 {
        guard index < bytes.endIndex else { throw Corruption("it is cut short") }
        defer { index += 1 }
        return bytes[index]
    }

    @inline(__always)
    mutating func varint() throws(Corruption) -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || bits <= 1 else { throw Corruption("a number is too long") }
            number |= bits << shift
            if byte < 0x80 { return number }
            shift += 7
            guard shift < 64 else { throw Corruption("a number is too long") }
        }
    }

    /// A varint from 0 to `limit`.
    mutating func count(upTo limit: Int) throws(Corruption) -> Int {
        let number = try varint()
        guard number <= UInt64(max(0, limit)) else { throw Corruption("a count is out of range") }
        return Int(number)
    }

    /// A length of a run, from 1 to `limit`.
    mutating func run(upTo limit: Int) throws(Corruption) -> Int {
        let length = try count(upTo: limit)
        guard length > 0 else { throw Corruption("a run is empty") }
        return length
    }

    @inline(__always)
    mutating func zigzag() throws(Corruption) -> Int64 {
        let number = try varint()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func fixed32() throws(Corruption) -> UInt32 {
        var number: UInt32 = 0
        for shift in stride(from: UInt32(0), to: 32, by: 8) { number |= UInt32(try byte()) << shift }
        return number
    }

    mutating func fixed64() throws(Corruption) -> UInt64 {
        var number: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { number |= UInt64(try byte()) << shift }
        return number
    }

    mutating func text() throws(Corruption) -> String {
        let length = try count(upTo: .max)
        guard length <= remaining else { throw Corruption("it is cut short") }
        defer { index += length }
        guard let text = String(validating: bytes[index..<(index + length)], as: UTF8.self) else {
            throw Corruption("a text is not UTF-8")
        }
        return text
    }

    /// Reads bits from here on; what follows them begins at a byte.
    @inline(__always)
    mutating func bits<Result>(
        _ body: (inout BitReader) throws(Corruption) -> Result
    ) throws(Corruption) -> Result {
        let rest = bytes[index...]
        let (result, used) = try rest.withUnsafeBufferPointer { buffer throws(Corruption) in
            var bits = BitReader(UnsafeRawBufferPointer(buffer))
            let result = try body(&bits)
            guard !bits.isOverrun else { throw Corruption("it is cut short") }
            return (result, bits.usedBytes)
        }
        index += used
        return result
    }

    /// So many bytes as they are.
    mutating func slice(_ length: Int) throws(Corruption) -> ArraySlice<UInt8> {
        guard length >= 0, length <= remaining else { throw Corruption("it is cut short") }
        defer { index += length }
        return bytes[index..<(index + length)]
    }

    /// - Throws: where bytes are left.
    func finish() throws(Corruption) {
        guard remaining == 0 else { throw Corruption("there are \(remaining) bytes too many") }
    }
}
