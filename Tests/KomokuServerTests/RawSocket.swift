import Glibc

/// A blocking TCP connection that speaks as much WebSocket as a test needs, right or wrong.
final class RawSocket {
    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        var code: Int? { opcode == 8 && payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    struct Broken: Error { let what: String }

    private let file: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    /// - Parameter host: the last number of the address that it comes from, 127.0.0.`host`.
    init(port: Int, receiveBuffer: Int32? = nil, from host: UInt32 = 1) throws {
        file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBuffer { setsockopt(file, SOL_SOCKET, SO_RCVBUF, &size, 4) }
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var own = Self.address(0x7F00_0000 + host, port: 0)
        let bound = withUnsafePointer(to: &own) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
        }
        var address = Self.address(0x7F00_0001, port: port)
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(file, $0, length) }
        }
        guard bound == 0, code == 0 else {
            close(file)
            throw Broken(what: "no connection")
        }
    }

    private static func address(_ number: UInt32, port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = number.bigEndian
        return address
    }

    deinit { close(file) }

    /// Connected and upgraded.
    static func webSocket(
        port: Int, path: String = "/", receiveBuffer: Int32? = nil, from host: UInt32 = 1
    ) throws -> RawSocket {
        let socket = try RawSocket(port: port, receiveBuffer: receiveBuffer, from: host)
        let answer = try socket.http(
            "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        guard answer.hasPrefix("HTTP/1.1 101"), answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") else {
            throw Broken(what: answer)
        }
        return socket
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw Broken(what: "write \(errno)") }
            rest = rest.dropFirst(count)
        }
    }

    /// Sends a request and returns the head of the answer and, by its length, the body.
    func http(_ request: String) throws -> String {
        try write(Array(request.utf8))
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head.append(try byte()) }
        let text = String(decoding: head, as: UTF8.self)
        let length =
            text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
            .flatMap { Int($0.dropFirst(16)) } ?? 0
        return text + String(decoding: try bytes(length), as: UTF8.self)
    }

    static func frame(
        _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, reserved: UInt8 = 0
    ) -> [UInt8] {
        var frame = [(fin ? 0x80 : 0) | reserved | opcode]
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(mask | UInt8(payload.count))
        case ..<65536: frame += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: frame += [mask | 127] + (0..<8).map { UInt8(payload.count >> (56 - 8 * $0) & 255) }
        }
        guard masked else { return frame + payload }
        let key: [UInt8] = [1, 2, 3, 4]
        return frame + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    func send(_ text: String) throws { try write(Self.frame(1, Array(text.utf8))) }

    /// The next frame, fragments joined; pings are left out unless they are wanted.
    func receive(pings: Bool = false) throws -> Frame {
        var partial: Frame?
        while true {
            let head = try bytes(2)
            var length = Int(head[1] & 127)
            let extra = length == 126 ? 2 : length == 127 ? 8 : 0
            if extra > 0 { length = try bytes(extra).reduce(0) { $0 << 8 | Int($1) } }
            let frame = Frame(opcode: head[0] & 15, payload: try bytes(length))
            if frame.opcode == 9, partial != nil { try write(Self.frame(10, frame.payload)) }
            guard frame.opcode < 8 else {
                if frame.opcode != 9 || (pings && partial == nil) { return frame }
                continue
            }
            guard (frame.opcode == 0) == (partial != nil) else { throw Broken(what: "fragments in disorder") }
            partial = Frame(
                opcode: partial?.opcode ?? frame.opcode, payload: (partial?.payload ?? []) + frame.payload)
            if head[0] & 0x80 != 0, let whole = partial { return whole }
        }
    }

    /// The next message. Pings before it are answered: on a busy machine it may come late.
    func receiveText() throws -> String {
        var frame = try receive(pings: true)
        while frame.opcode == 9 {
            try write(Self.frame(10, frame.payload))
            frame = try receive(pings: true)
        }
        guard frame.opcode == 1 else { throw Broken(what: "frame \(frame.opcode) \(frame.code ?? 0) \(frame.text)") }
        return frame.text
    }

    func ask(_ text: String) throws -> String {
        try send(text)
        return try receiveText()
    }

    /// Whether the peer has closed the connection; whatever still comes is thrown away.
    func isEnded() -> Bool {
        while (try? byte()) != nil {}
        return errno != EAGAIN
    }

    /// Waits until so many are left that the peer has not closed, without reading from them.
    ///
    /// - Returns: those.
    static func waitUntilEnded(_ sockets: [RawSocket], allBut count: Int) throws -> [RawSocket] {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(10)
        var left = sockets
        while left.count > count {
            guard clock.now < end else { throw Broken(what: "\(left.count) are still open") }
            var files = left.map { pollfd(fd: $0.file, events: Int16(POLLIN), revents: 0) }
            _ = poll(&files, nfds_t(files.count), 100)
            left = zip(left, files).filter { $1.revents == 0 }.map(\.0)
        }
        return left
    }

    private func byte() throws -> UInt8 { try bytes(1)[0] }

    func bytes(_ count: Int) throws -> [UInt8] {
        while buffer.count - start < count {
            if start > 0 {
                buffer.removeFirst(start)
                start = 0
            }
            var chunk = [UInt8](repeating: 0, count: 65536)
            let got = recv(file, &chunk, chunk.count, 0)
            guard got > 0 else { throw Broken(what: got == 0 ? "the peer closed" : "read \(errno)") }
            buffer += chunk.prefix(got)
        }
        defer { start += count }
        return Array(buffer[start..<start + count])
    }
}
