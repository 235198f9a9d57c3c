internal import NIOCore
internal import NIOHTTP1

/// Which requests become WebSockets, and which protocol those speak.
struct UpgradePolicy: Sendable {
    /// What `/` speaks on this port.
    let rootVersion: ProtocolVersion

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
    static func isTrusted(origin: String?) -> Bool {
        guard let origin else { return true }
        guard let scheme = origin.firstRange(of: "://") else { return false }
        let host = origin[scheme.upperBound...].prefix { $0 != "/" }.lowercased()
        if host.hasPrefix("[") { return host.hasPrefix("[::1]") }
        let name = host.prefix { $0 != ":" }
        return name == "localhost" || name.hasSuffix(".localhost") || isLoopback(String(name))
    }

    private static func isLoopback(_ address: String) -> Bool {
        address.hasPrefix("127.") && (try? SocketAddress(ipAddress: address, port: 0)) != nil
    }
}
