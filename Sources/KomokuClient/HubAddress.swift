/// Where a hub listens: `ws://127.0.0.1:7274`.
public struct HubAddress: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let port: Int
    /// The second version of the protocol is at `/v2` on every port.
    public let path: String

    /// The usual address: this machine.
    public static let local = HubAddress(host: "127.0.0.1", port: 7274, path: "/v2")

    private init(host: String, port: Int, path: String) {
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `ws://host:port/path`; everything but the host may be left out.
    ///
    /// - Throws: `ClientError.badAddress`.
    public init(_ text: String) throws(ClientError) {
        var rest = Substring(text)
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "ws" else {
                throw .badAddress(text, reason: "only ws:// is known")
            }
            rest = rest[scheme.upperBound...]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        let (host, port) = Self.split(rest[..<slash])
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badAddress(text, reason: "it names no host")
        }
        guard let number = port.isEmpty ? Self.local.port : Int(port), (1...65535).contains(number) else {
            throw .badAddress(text, reason: "'\(port)' is not a port")
        }
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badAddress(text, reason: "the path has characters that need escaping")
        }
        guard path.split(separator: "/").last != "v1" else {
            throw .badAddress(text, reason: "this program speaks version 2 of the protocol, and \(path) is version 1")
        }
        self.init(host: String(host), port: number, path: path.isEmpty || path == "/" ? "/v2" : path)
    }

    /// `[::1]:7274` has its colons in brackets.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring) {
        if authority.first == "[", let end = authority.firstIndex(of: "]") {
            let behind = authority[authority.index(after: end)...]
            return (authority[authority.index(after: authority.startIndex)..<end], behind.dropFirst())
        }
        guard let colon = authority.lastIndex(of: ":") else { return (authority, "") }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    public var description: String {
        "ws://" + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }
}
