/// Sizes as people write them: `4GB` is 4,000,000,000 bytes, `16MiB` is 16 times 1,048,576.
enum ByteSize {
    private static let units: [(name: String, bytes: Int)] = [
        ("", 1), ("b", 1), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
    ]

    /// The bytes of `4GB`, `1.5 MiB` or `4096`; nil where the text is no size or does not fit into 63 bits.
    static func parse(_ text: String) -> Int? {
        let isDigit = { (byte: UInt8) in byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        let digits = text.utf8.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }
        let unit = text.utf8[digits.endIndex...].drop { $0 == UInt8(ascii: " ") }
        guard let first = digits.first, let last = digits.last, isDigit(first), isDigit(last) else { return nil }
        guard let bytes = units.first(where: { $0.name.utf8.elementsEqual(unit.map(lowercase)) })?.bytes else {
            return nil
        }
        if let whole = Int(Substring(digits)) {
            let (size, hasOverflow) = whole.multipliedReportingOverflow(by: bytes)
            return hasOverflow ? nil : size
        }
        guard let number = Double(Substring(digits)) else { return nil }
        return Int(exactly: (number * Double(bytes)).rounded())
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
