internal import KomokuDesk
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
    /// Whether somebody may come in who does not say who he is.
    let openness: Entrance.Openness
    /// The address at the other end; nil for a Unix socket.
    let peer: String?
    let proxies: ProxySettings
    /// Whether the port speaks TLS.
    var isEncrypted = false

    init(
        rootVersion: ProtocolVersion, addresses: [String] = [], isLoopback: Bool = true,
        openness: Entrance.Openness = .untilAccounts, peer: String? = "127.0.0.1", proxies: ProxySettings = .init()
    ) {
        (self.rootVersion, self.addresses, self.isLoopback) = (rootVersion, addresses, isLoopback)
        (self.openness, self.peer, self.proxies) = (openness, peer, proxies)
    }

    var isPeerLocal: Bool {
        guard let peer else { return true }
        return (try? SocketAddress(ipAddress: peer, port: 0))?.isLocal ?? false
    }

    func origination(of headers: HTTPHeaders) -> Origination {
        Origination(headers, peer: peer, proxies: proxies.trusted, trustsSocket: proxies.trustsSockets)
    }

    /// Nil where there is no WebSocket at that path.
    func speech(atPath uri: String) -> Speech? {
        switch proxies.path(of: uri).prefix(while: { $0 != "?" }) {
        case "/": .json(rootVersion)
        case "/v1": .json(.v1)
        case "/v2": .json(.v2)
        case "/v3": .packed
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
