/// Where a hub listens: `ws://127.0.0.1:7274`, `wss://hub.lan:7274`, `unix:/run/komoku/hub.sock`.
public struct HubAddress: Hashable, Sendable, CustomStringConvertible {
    /// How the hub is reached.
    public enum Transport: Hashable, Sendable {
        /// TCP, in the clear.
        case plain
        /// TCP with TLS.
        case tls
        /// A socket in the file system, on this machine.
        case unix(path: String)
    }

    public let transport: Transport
    /// `localhost` for a socket in the file system.
    public let host: String
    public let port: Int
    /// `/v3` is the third version of the protocol, which a hub has on every port; an older hub has the second at `/v2`.
    public let path: String

    /// The usual address: this machine.
    public static let local = HubAddress(transport: .plain, host: "127.0.0.1", port: 7274, path: "/v3")

    private init(transport: Transport, host: String, port: Int, path: String) {
        self.transport = transport
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads `ws://host:port/path`, also with `wss`, `http` or `https`, or `unix:/path/of/socket`; of the former everything but
    /// the host may be left out.
    ///
    /// - Throws: `ClientError.badAddress`.
    public init(_ text: String) throws(ClientError) {
        var rest = Substring(text)
        if rest.lowercased().hasPrefix("unix:") {
            self = try Self.socket(rest.dropFirst("unix:".count), of: text)
            return
        }
        var transport = Transport.plain
        if let scheme = rest.firstRange(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "ws", "http": break
            case "wss", "https": transport = .tls
            default: throw .badAddress(text, reason: "ws://, wss://, http://, https:// and unix: are known")
            }
            rest = rest[scheme.upperBound...]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = String(rest[slash...])
        let (host, port) = Self.split(rest[..<slash])
        guard !host.contains("@") else {
            throw .badAddress("…@…", reason: "a token or a password does not belong in an address")
        }
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
            throw .badAddress(
                text, reason: "this program speaks versions 2 and 3 of the protocol, and \(path) is version 1")
        }
        self.init(
            transport: transport, host: String(host), port: number, path: path.isEmpty || path == "/" ? "/v3" : path)
    }

    /// `unix:/run/komoku.sock`, also `unix:///run/komoku.sock`.
    private static func socket(_ rest: Substring, of text: String) throws(ClientError) -> HubAddress {
        let path = rest.hasPrefix("///") ? rest.dropFirst(2) : rest
        guard path.hasPrefix("/"), !path.hasPrefix("//"), !path.utf8.contains(0) else {
            throw .badAddress(text, reason: "unix: needs the absolute path of a socket: unix:/run/komoku.sock")
        }
        // sun_path of unix(7), with its zero.
        guard path.utf8.count < 108 else {
            throw .badAddress(text, reason: "the path of a socket has at most 107 bytes")
        }
        return HubAddress(
            transport: .unix(path: String(path)), host: "localhost", port: Self.local.port, path: "/v3")
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

    /// Whether the third version of the protocol is spoken there.
    var isPacked: Bool { path.hasSuffix("/v3") }

    /// Where a hub that does not know the third version has the second.
    var olderPath: String { String(path.dropLast()) + "2" }

    /// What a request's `Host` says.
    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    public var description: String {
        switch transport {
        case .plain: "ws://" + authority
        case .tls: "wss://" + authority
        case .unix(let path): "unix:" + path
        }
    }

    /// Whether it is on this machine, as far as its name tells.
    public var isLocal: Bool {
        if case .unix = transport { return true }
        return host.lowercased() == "localhost" || host == "::1" || host.hasPrefix("127.")
    }
}
