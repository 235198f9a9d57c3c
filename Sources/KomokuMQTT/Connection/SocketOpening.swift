internal import Glibc

/// Makes connections to hosts.
enum SocketOpening {
    struct Failure: Error {
        let reason: String

        static func system(_ code: Int32) -> Failure { Failure(reason: String(cString: strerror(code))) }
    }

    /// How long one address of a host may take to answer.
    private static let patience: Int32 = 20_000

    /// Looks up a host and connects to the first of its addresses that answers. Blocks for that.
    ///
    /// - Returns: a socket that does not block.
    static func connect(to host: String, port: Int) throws(Failure) -> Int32 {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, "\(port)", &hints, &found)
        guard code == 0 else {
            if code == EAI_SYSTEM { throw .system(errno) }
            throw Failure(reason: "'\(host)' cannot be looked up: \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(found) }
        var failure = Failure(reason: "'\(host)' has no address")
        var address = found
        while let current = address {
            do throws(Failure) {
                return try connect(to: current.pointee)
            } catch {
                failure = error
            }
            address = current.pointee.ai_next
        }
        throw failure
    }

    private static func connect(to address: addrinfo) throws(Failure) -> Int32 {
        let kind = address.ai_socktype | Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(address.ai_family, kind, address.ai_protocol)
        guard descriptor >= 0 else { throw .system(errno) }
        guard Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 || errno == EINPROGRESS else {
            let code = errno
            close(descriptor)
            throw .system(code)
        }
        var (waiting, code, size) = (
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0), Int32(0), socklen_t(MemoryLayout<Int32>.size)
        )
        let ready = poll(&waiting, 1, patience)
        if ready > 0 { getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) } else { code = ETIMEDOUT }
        guard code == 0 else {
            close(descriptor)
            throw .system(code)
        }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
        return descriptor
    }
}
