internal import Glibc

/// A range of addresses: `10.0.0.0/8`, `fd00::/8`, or one address.
package struct Network: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let bits: Int
    package let description: String

    /// Nil where it is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let bytes = Self.bytes(of: String(first)) else { return nil }
        if parts.count == 2 {
            guard let bits = Int(parts[1]), 0...bytes.count * 8 ~= bits, parts[1].allSatisfy(\.isNumber) else {
                return nil
            }
            self.bits = bits
        } else {
            bits = bytes.count * 8
        }
        self.bytes = bytes
        description = text
    }

    package func contains(_ address: String) -> Bool {
        guard let other = Self.bytes(of: address), other.count == bytes.count else { return false }
        let whole = bits / 8
        guard other.prefix(whole).elementsEqual(bytes.prefix(whole)) else { return false }
        let rest = bits % 8
        return rest == 0 || (other[whole] ^ bytes[whole]) >> (8 - rest) == 0
    }

    /// Four or sixteen; an address of IPv4 in one of IPv6 is the former.
    private static func bytes(of text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        return bytes.starts(with: mapped) ? Array(bytes.dropFirst(12)) : bytes
    }
}
