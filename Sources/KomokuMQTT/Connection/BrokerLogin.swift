package import KomokuYAML

/// A broker's address with a login in it, as people type it: `mqtt://user:password@host`.
package struct BrokerLogin: Sendable, Hashable {
    package var address: BrokerAddress
    package var username: String?
    package var password: Secret?
    /// The address as it was written, without the login.
    package var url: String

    /// Letters that an address cannot have are written as %XX. The last `@` ends the login.
    ///
    /// - Throws: `BrokerAddress.Invalid`, which never names the password.
    package init(parsing text: String) throws(BrokerAddress.Invalid) {
        guard let scheme = text.firstRange(of: "://"), let sign = text.lastIndex(of: "@"), scheme.upperBound <= sign
        else {
            address = try BrokerAddress(parsing: text)
            url = text
            return
        }
        url = String(text[..<scheme.upperBound] + text[text.index(after: sign)...])
        address = try BrokerAddress(parsing: url)
        let login = text[scheme.upperBound..<sign]
        let colon = login.firstIndex(of: ":") ?? login.endIndex
        guard let name = Self.decoded(login[..<colon]), !name.isEmpty else {
            throw BrokerAddress.Invalid(
                reason: "the user name before '@' is empty, or has a '%' without two digits behind it")
        }
        username = name
        guard colon < login.endIndex else { return }
        guard let word = Self.decoded(login[login.index(after: colon)...]) else {
            throw BrokerAddress.Invalid(
                reason: "the password before '@' has a '%' without two digits behind it; write %25")
        }
        password = Secret(word)
    }

    /// With `%40` as `@` and so on.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                let number = UInt8(String(decoding: digits, as: UTF8.self), radix: 16), number != 0
            else { return nil }
            bytes.append(number)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
