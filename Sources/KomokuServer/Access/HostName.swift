internal import NIOCore

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
