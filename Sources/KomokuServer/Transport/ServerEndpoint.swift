package import KomokuWire

/// A port with what it speaks.
package struct ServerEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// An IP address.
    package var address: String
    /// 0 lets the system choose.
    package var port: Int
    /// What `/` speaks.
    package var version: ProtocolVersion
    /// Nil where it speaks in the clear.
    package var tls: TLSFiles?

    package init(address: String = "127.0.0.1", port: Int, version: ProtocolVersion, tls: TLSFiles? = nil) {
        self.address = address
        self.port = port
        self.version = version
        self.tls = tls
    }

    package var description: String { address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)" }

    /// Both are for one port.
    func collides(with other: ServerEndpoint) -> Bool {
        port == other.port && address.utf8.elementsEqual(other.address.utf8)
    }
}
