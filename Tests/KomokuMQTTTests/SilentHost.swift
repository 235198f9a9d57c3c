import Glibc
import KomokuTesting

/// A port that answers nothing, as a host does that is switched off: its queue of new connections is full.
final class SilentHost: Sendable {
    let port: Int
    private let sockets: [Int32]

    init() throws {
        let port = try MosquittoBroker.freePort()
        self.port = port
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let listener = socket(AF_INET, kind, 0)
        guard Self.with(port, { bind(listener, $0, $1) }) == 0, listen(listener, 0) == 0 else {
            throw ChildProcess.Failure(description: "no listener")
        }
        // These take all the places; nobody ever accepts them.
        let clients = (0..<4).map { _ in socket(AF_INET, kind, 0) }
        for client in clients { _ = Self.with(port) { connect(client, $0, $1) } }
        sockets = [listener] + clients
    }

    deinit {
        for descriptor in sockets { close(descriptor) }
    }

    private static func with(_ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
