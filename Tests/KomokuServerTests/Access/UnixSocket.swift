import Glibc

/// A request through a Unix socket, whose answer ends with the connection.
enum UnixSocket {
    static func ask(_ path: String, _ request: String) throws -> String {
        let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(file) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw RawSocket.Broken(what: "no connection to \(path): \(errno)") }
        let bytes = Array(request.utf8)
        _ = send(file, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        var (answer, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = recv(file, &buffer, buffer.count, 0), count > 0 { answer += buffer.prefix(count) }
        return String(decoding: answer, as: UTF8.self)
    }
}
