internal import KomokuWire
internal import NIOCore
internal import NIOHTTP1

/// Which requests are answered, which become WebSockets, and which protocol those speak.
struct UpgradePolicy: Sendable {
    /// What `/` speaks on this port.
    let rootVersion: ProtocolVersion
    /// The addresses that the configuration listens on, as it writes them.
    let addresses: [String]
    /// Whether only this machine can reach the port.
    let isLoopback: Bool

    init(rootVersion: ProtocolVersion, addresses: [String] = [], isLoopback: Bool = true) {
        self.rootVersion = rootVersion
        self.addresses = addresses
        self.isLoopback = isLoopback
    }

    /// Nil where there is no WebSocket at that path.
    func version(ofPath uri: String) -> ProtocolVersion? {
        switch uri.prefix(while: { $0 != "?" }) {
        case "/": rootVersion
        case "/v1": .v1
        case "/v2": .v2
        default: nil
        }
    }

    /// Whether the page that opened the connection, if one did, was served by this machine.
    ///
    /// Browsers let any page on the internet open a WebSocket to a loopback address; only `Origin` tells where it came from.
    ///
    /// - Parameter host: what the request calls this hub. A page that has the same name came from here.
    static func isTrusted(origin: String?, host: String? = nil) -> Bool {
        guard let origin else { return true }
        guard let scheme = origin.firstRange(of: "://") else { return false }
        let authority = origin[scheme.upperBound...].prefix { $0 != "/" }
        guard let name = HostName(authority) else { return false }
        return name.isLoopback
            || (host.map { $0.lowercased().utf8.elementsEqual(authority.lowercased().utf8) } ?? false)
    }

    /// Whether a request means this hub, by its `Host`.
    ///
    /// A page of any site may let its own name point to 127.0.0.1 (DNS rebinding); the browser then takes the hub for that
    /// site, and only `Host` tells. Where the port can be reached from elsewhere, who asks has to be known anyway.
    func isMeant(host: String) -> Bool {
        guard isLoopback else { return true }
        guard let name = HostName(host) else { return false }
        return name.isLoopback || addresses.contains { HostName(address: $0) == name }
    }
}

/// The name or address in `Host` or `Origin`, without the port.
struct HostName: Equatable {
    private let text: String

    /// Nil where it is none: `name`, `name:port`, `[address]`, `[address]:port`.
    init?(_ host: some StringProtocol) {
        let host = host.lowercased()
        let end: String.Index
        if host.hasPrefix("[") {
            guard let bracket = host.firstIndex(of: "]") else { return nil }
            end = host.index(after: bracket)
            text = String(host[host.index(after: host.startIndex)..<bracket])
            guard (try? SocketAddress(ipAddress: text, port: 0)) != nil else { return nil }
        } else {
            end = host.firstIndex(of: ":") ?? host.endIndex
            // The root's dot behind a name changes nothing.
            text = String(host[..<end].hasSuffix(".") ? host[..<end].dropLast() : host[..<end])
        }
        let port = host[end...]
        guard !text.isEmpty, port.isEmpty || (port.hasPrefix(":") && port.dropFirst().allSatisfy(\.isNumber)) else {
            return nil
        }
    }

    init(address: String) {
        text = address.lowercased()
    }

    static func == (left: Self, right: Self) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    /// Names that resolvers keep on this machine (RFC 6761, section 6.3), and its own addresses.
    var isLoopback: Bool {
        if text.utf8.elementsEqual("localhost".utf8) || text.hasSuffix(".localhost") { return true }
        guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return false }
        return address.isLocal
    }
}
