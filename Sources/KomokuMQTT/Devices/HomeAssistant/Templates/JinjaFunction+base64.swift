/// `base64_encode` and `base64_decode`
extension JinjaFunction {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static let encode = ofText { text in
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0...group.count { result.append(alphabet[bits >> (18 - 6 * index) & 63]) }
            result += Array(repeating: UInt8(ascii: "="), count: 3 - group.count)
        }
        return .string(String(decoding: result, as: UTF8.self))
    }

    static let decode = ofText { (text) throws(JinjaError) in
        var (bits, count): (Int, Int) = (0, 0)
        var bytes: [UInt8] = []
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            guard let value = alphabet.firstIndex(of: byte) else { throw .failed("'\(text.prefix(40))' is not base64") }
            bits = (bits << 6 | value) & 0xFFFF
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> count))
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw .failed("the decoded text is not UTF-8")
        }
        return .string(decoded)
    }
}
