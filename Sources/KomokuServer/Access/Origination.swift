internal import NIOCore
package import NIOHTTP1

/// Where a request comes from, as far as that can be believed: of a proxy that is trusted what it says, of others nothing.
package struct Origination: Hashable, Sendable {
    /// Without a port; empty for a Unix socket.
    package var address: String
    /// It has `Forwarded`, `X-Forwarded-…`, `X-Real-IP` or `Via`: it comes from further away than the connection.
    package var isForwarded: Bool
    /// The last proxy is one of `trusted_proxies`.
    package var isTrusted = false
    /// `https` or `http`, of a trusted proxy; else nil.
    package var scheme: String?
    /// What the client calls this hub, of a trusted proxy; else nil.
    package var host: String?

    /// - Parameters:
    ///   - peer: the address of the connection; nil for a Unix socket.
    ///   - proxies: of these is believed what they say. A Unix socket is trusted where `trustsSocket` says so.
    package init(_ headers: HTTPHeaders, peer: String?, proxies: [Network], trustsSocket: Bool = false) {
        address = peer ?? ""
        isForwarded = headers.contains { Self.isOfProxy($0.name) }
        guard isForwarded, peer.map({ peer in proxies.contains { $0.contains(peer) } }) ?? trustsSocket else { return }
        let isOldStyle = headers.contains { $0.name.lowercased().hasPrefix("x-forwarded-") }
        // A proxy writes one of them and lets the other through, which then is what the client made up.
        guard headers["Forwarded"].isEmpty || !isOldStyle else { return }
        isTrusted = true
        believe(headers, proxies)
    }

    init(address: String, isForwarded: Bool) {
        (self.address, self.isForwarded) = (address, isForwarded)
    }

    private static func isOfProxy(_ name: String) -> Bool {
        let name = name.lowercased()
        return name == "forwarded" || name == "via" || name == "x-real-ip" || name.hasPrefix("x-forwarded-")
    }

    /// Each proxy adds whom it serves at the end: the last one that is no trusted proxy itself is the client. What stands
    /// before that the client may have written.
    private mutating func believe(_ headers: HTTPHeaders, _ proxies: [Network]) {
        let hops = Self.forwarded(headers) ?? Self.oldStyle(headers)
        for hop in hops.reversed() {
            if let scheme = hop.scheme?.lowercased(), ["http", "https"].contains(scheme) { self.scheme = scheme }
            if let host = hop.host, HostName(host) != nil { self.host = host }
            guard let address = hop.address else { return }
            self.address = address
            guard proxies.contains(where: { $0.contains(address) }) else { return }
        }
    }

    private struct Hop {
        var address: String?
        var scheme: String?
        var host: String?
    }

    /// RFC 7239; nil where the header is not there.
    private static func forwarded(_ headers: HTTPHeaders) -> [Hop]? {
        guard headers.contains(name: "Forwarded") else { return nil }
        return list(headers, "Forwarded").map { element in
            var hop = Hop()
            for pair in split(element, at: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else { continue }
                let value = unquoted(trimmed(parts[1]))
                switch trimmed(parts[0]).lowercased() {
                case "for": hop.address = Self.address(value)
                case "proto": hop.scheme = value
                case "host": hop.host = value
                default: break
                }
            }
            return hop
        }
    }

    /// `X-Forwarded-For`, `-Proto`, `-Host`: of the latter two proxies set one value, or add theirs at the end.
    private static func oldStyle(_ headers: HTTPHeaders) -> [Hop] {
        var hops = list(headers, "X-Forwarded-For").map { Hop(address: address($0)) }
        if hops.isEmpty { hops = [Hop(address: headers.first(name: "X-Real-IP").flatMap(address))] }
        let last = hops.count - 1
        hops[last].scheme = list(headers, "X-Forwarded-Proto").last
        hops[last].host = list(headers, "X-Forwarded-Host").last
        return hops
    }

    private static func list(_ headers: HTTPHeaders, _ name: String) -> [String] {
        headers[name].flatMap { split($0, at: ",") }.filter { !$0.isEmpty }
    }

    /// At what is in no quotes.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var (parts, part, isQuoted) = ([String](), "", false)
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == separator, !isQuoted {
                parts.append(trimmed(part))
                part = ""
            } else {
                part.append(character)
            }
        }
        return parts + [trimmed(part)]
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let blanks: Set<Character> = [" ", "\t"]
        let start = text.drop { blanks.contains($0) }
        return String(start.reversed().drop { blanks.contains($0) }.reversed())
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
        return String(text.dropFirst().dropLast())
    }

    /// `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1`; nil for `unknown` and the like.
    private static func address(_ text: String) -> String? {
        var text = text
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            text = String(text[text.index(after: text.startIndex)..<end])
        } else if text.count(where: { $0 == ":" }) == 1 {
            text = String(text.prefix { $0 != ":" })
        }
        return (try? SocketAddress(ipAddress: text, port: 0)) == nil ? nil : text
    }
}
