/// What a match is replaced by: `\1`, `\g<2>` and `\g<name>` are groups, `\0` the whole, `\n`, `\t` and `\\` signs; all else
/// stands for itself.
package struct Replacement: Hashable, Sendable {
    package struct Invalid: Error, Hashable, Sendable {
        /// Bytes of UTF-8 before the fault.
        package let offset: Int
        package let reason: String
    }

    private enum Part: Hashable, Sendable {
        case bytes([UInt8])
        case group(Int)
    }

    private var parts: [Part] = []

    /// - Throws: where a group is named that the pattern does not have.
    package init(_ text: String, for expression: RegularExpression) throws(Invalid) {
        let bytes = Array(text.utf8)
        var (plain, index) = ([UInt8](), 0)
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                plain.append(bytes[index])
                index += 1
                continue
            }
            let start = index
            guard index + 1 < bytes.count else {
                throw Invalid(offset: start, reason: "a replacement ends with a backslash")
            }
            index += 2
            switch bytes[index - 1] {
            case UInt8(ascii: "n"): plain.append(UInt8(ascii: "\n"))
            case UInt8(ascii: "t"): plain.append(UInt8(ascii: "\t"))
            case UInt8(ascii: "r"): plain.append(UInt8(ascii: "\r"))
            case UInt8(ascii: "\\"): plain.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "g"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                if !plain.isEmpty { parts.append(.bytes(plain)) }
                plain = []
                parts.append(.group(try Self.group(bytes, &index, from: start, expression)))
            default: plain += bytes[start..<index]
            }
        }
        if !plain.isEmpty { parts.append(.bytes(plain)) }
    }

    /// - Parameter index: behind the first sign of the name, and then behind all of it.
    private static func group(
        _ bytes: [UInt8], _ index: inout Int, from start: Int, _ expression: RegularExpression
    ) throws(Invalid) -> Int {
        let name: String
        if bytes[index - 1] == UInt8(ascii: "g") {
            let end = bytes[index...].firstIndex(of: UInt8(ascii: ">")) ?? bytes.count
            name = String(decoding: bytes[index..<end].dropFirst(), as: UTF8.self)
            index = min(end + 1, bytes.count)
        } else {
            let digits = bytes[(index - 1)...].prefix(2).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            name = String(decoding: digits, as: UTF8.self)
            index += digits.count - 1
        }
        guard let number = Int(name) ?? expression.names[name], 0...expression.groupCount ~= number else {
            throw Invalid(offset: start, reason: "the pattern has no group '\(name.prefix(40))'")
        }
        return number
    }

    /// - Returns: nil where the result would be longer than `limit` bytes.
    package func replace(_ matches: [RegularExpression.Match], in text: [UInt8], limit: Int) -> [UInt8]? {
        var (result, place) = ([UInt8](), 0)
        for match in matches {
            let whole = match.whole
            // `\K` in a look-behind may let a match begin before the one before it ends.
            guard whole.lowerBound >= place else { continue }
            result += text[place..<whole.lowerBound]
            for part in parts {
                switch part {
                case .bytes(let bytes): result += bytes
                case .group(let number): if let range = match.groups[number] { result += text[range] }
                }
                guard result.count <= limit else { return nil }
            }
            place = whole.upperBound
        }
        result += text[place...]
        return result.count <= limit ? result : nil
    }
}
