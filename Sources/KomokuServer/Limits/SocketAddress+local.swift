internal import NIOCore

extension SocketAddress {
    /// Whether it is one of this machine.
    var isLocal: Bool {
        guard let text = ipAddress?.lowercased() else { return true }
        return text.hasPrefix("127.") || text.hasPrefix("::ffff:127.") || text.utf8.elementsEqual("::1".utf8)
    }
}
