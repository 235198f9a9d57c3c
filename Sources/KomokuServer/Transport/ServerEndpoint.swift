internal import KomokuDesk
package import KomokuWire
internal import NIOCore

/// A port, or a Unix socket, with what it speaks.
package struct ServerEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// An IP address; of a Unix socket it means nothing.
    package var address: String
    /// 0 lets the system choose.
    package var port: Int
    /// What `/` speaks.
    package var version: ProtocolVersion
    /// It speaks the third protocol alone, without HTTP and WebSockets.
    package var isPacked = false
    /// Nil where it speaks in the clear.
    package var tls: TLSFiles?
    /// Nil is a port.
    package var socket: UnixSocket?
    /// Whether somebody may come in who does not say who he is; nil is as usual.
    package var isOpen: Bool?

    package struct UnixSocket: Hashable, Sendable {
        package var path: String
        /// Who may connect, as `chmod` takes it.
        package var mode: UInt32

        package init(path: String, mode: UInt32 = 0o660) { (self.path, self.mode) = (path, mode) }
    }

    package init(address: String = "127.0.0.1", port: Int, version: ProtocolVersion, tls: TLSFiles? = nil) {
        (self.address, self.port, self.version, self.tls) = (address, port, version, tls)
    }

    package init(socket: UnixSocket, version: ProtocolVersion = .v2) {
        self.init(address: "", port: 0, version: version)
        self.socket = socket
    }

    package var description: String {
        if let socket { return socket.path }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool { (try? SocketAddress(ipAddress: address, port: 0))?.isLocal ?? false }

    /// Whether other machines may reach it, so that somebody has to be known to the hub.
    var isExposed: Bool { socket == nil && !isLoopback }

    /// Whoever may open a socket is known by that; who reaches another machine's port is not.
    var openness: Entrance.Openness {
        if socket != nil { return isOpen ?? true ? .always : .never }
        guard isLoopback else { return .never }
        return isOpen.map { $0 ? .always : .never } ?? .untilAccounts
    }

    /// Both are for one port.
    func collides(with other: ServerEndpoint) -> Bool {
        if let socket, let other = other.socket { return socket.path.utf8.elementsEqual(other.path.utf8) }
        return socket == nil && other.socket == nil && port == other.port
            && address.utf8.elementsEqual(other.address.utf8)
    }
}
