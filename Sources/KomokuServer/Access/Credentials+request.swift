package import KomokuDesk
internal import NIOHTTP1

extension Credentials {
    /// The cookie of the web page.
    package static let cookie = "komoku_session"

    /// What a request says of who asks.
    ///
    /// A header goes before the address, that before the cookie, and all of them before a certificate, which a browser sends
    /// by itself. Nil where it says something that cannot be read: it is not to be taken for nothing.
    ///
    /// - Parameters:
    ///   - token: of its address, for clients that can send nothing else.
    static func read(_ headers: HTTPHeaders, token: String?, certificate: PeerCertificate? = nil) -> Credentials? {
        let authorizations = headers["Authorization"]
        if authorizations.count > 1 { return nil }
        if let authorization = authorizations.first { return read(authorization) }
        if let token { return .token(token) }
        if let session = session(in: headers) { return .session(session) }
        return certificate.map { .certificate(name: $0.name, fingerprint: $0.fingerprint) } ?? Credentials.none
    }

    private static func read(_ authorization: String) -> Credentials? {
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let value = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer": return .token(String(value))
        case "basic":
            guard let bytes = base64(value.utf8), let text = String(validating: bytes, as: UTF8.self),
                let colon = text.utf8.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            return .password(name: String(text[..<colon]), password: String(text[text.utf8.index(after: colon)...]))
        default: return nil
        }
    }

    static func session(in headers: HTTPHeaders) -> String? {
        for pair in headers["Cookie"].flatMap({ $0.split(separator: ";") }) {
            let pair = pair.drop { $0 == " " }
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].utf8.elementsEqual(cookie.utf8) { return String(parts[1]) }
        }
        return nil
    }

    /// RFC 4648 section 4; nil where it is none.
    static func base64(_ text: some Collection<UInt8>) -> [UInt8]? {
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        let digits = text.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        guard text.count - digits.count <= 2 else { return nil }
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = digit - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = digit - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }
}
