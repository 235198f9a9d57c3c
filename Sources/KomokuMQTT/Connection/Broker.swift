package import Komoku
package import KomokuYAML

/// The broker as the section `mqtt` describes it.
package struct Broker: Sendable, Hashable {
    package var address: BrokerAddress
    package var username: String?
    package var password: Secret?
    /// The first levels of the hub's own topics: `komoku/status`, `komoku/<key path>/set`.
    package var base = "komoku"
    /// Stays the same over restarts, or the broker keeps the messages for somebody who never comes back.
    package var clientID: String
    /// Certificates of those who may vouch for the broker; nil is the system's.
    package var authorityFile: String?
    package var certificateFile: String?
    package var keyFile: String?
    package var keepAlive = Duration.seconds(60)
    /// How long the broker keeps messages for a hub that is away.
    package var sessionExpiry = Duration.seconds(86_400)
    /// The most messages that the broker sends before it waits for an acknowledgement.
    package var receiveMaximum = 8192
    /// Larger packets are not taken, in bytes.
    package var maximumMessage = 4_000_000
    /// The quality of service of subscriptions that do not say another, 0 or 1.
    package var qos: Int32 = 1
    package var reconnect = Backoff.Bounds()
    /// How long a publish that is no state waits for the broker.
    package var commandTimeout = Duration.seconds(5)

    package init(address: BrokerAddress, clientID: String) {
        self.address = address
        self.clientID = clientID
    }

    package var statusTopic: String { base + "/status" }
}

/// `mqtt://host:1883` or `mqtts://host:8883`.
package struct BrokerAddress: Sendable, Hashable {
    package var host: String
    package var port: Int
    package var isEncrypted: Bool

    package init(host: String, port: Int, isEncrypted: Bool = false) {
        self.host = host
        self.port = port
        self.isEncrypted = isEncrypted
    }

    package struct Invalid: Error, Hashable, Sendable, CustomStringConvertible {
        package let reason: String
        package var description: String { reason }
    }

    package init(parsing url: String) throws(Invalid) {
        let schemes = [("mqtt://", false, 1883), ("mqtts://", true, 8883)]
        guard let (scheme, isEncrypted, standard) = schemes.first(where: { url.utf8.starts(with: $0.0.utf8) }) else {
            throw Invalid(reason: "it starts with neither 'mqtt://' nor 'mqtts://'")
        }
        var rest = url.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        if rest.contains("@") { throw Invalid(reason: "user and password have settings of their own") }
        guard !rest.contains(where: { $0 == "/" || $0.isWhitespace || $0 == "\0" }) else {
            throw Invalid(reason: "there is more than a host and a port")
        }
        let (host, port) = try Self.split(rest)
        guard !host.isEmpty else { throw Invalid(reason: "the host is missing") }
        self.init(host: String(host), port: try port.map(Self.port) ?? standard, isEncrypted: isEncrypted)
    }

    private static func split(_ text: Substring) throws(Invalid) -> (host: Substring, port: Substring?) {
        guard text.hasPrefix("[") else {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count > 2 { throw Invalid(reason: "an IPv6 address stands in brackets") }
            return (parts[0], parts.count > 1 ? parts[1] : nil)
        }
        guard let end = text.firstIndex(of: "]") else { throw Invalid(reason: "the ']' is missing") }
        let behind = text[text.index(after: end)...]
        guard behind.isEmpty || behind.hasPrefix(":") else { throw Invalid(reason: "after ']' comes a port") }
        return (text.dropFirst()[..<end], behind.isEmpty ? nil : behind.dropFirst())
    }

    private static func port(_ text: Substring) throws(Invalid) -> Int {
        guard text.allSatisfy(\.isASCII), let port = Int(text), 1...65535 ~= port, text.first != "+" else {
            throw Invalid(reason: "'\(text.prefix(20))' is no port")
        }
        return port
    }
}

extension BrokerAddress: CustomStringConvertible {
    package var description: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return "\(isEncrypted ? "mqtts" : "mqtt")://\(host):\(port)"
    }
}
