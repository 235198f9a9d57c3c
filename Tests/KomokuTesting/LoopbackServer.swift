import Foundation
import Glibc

/// A web server of this machine that behaves as a test says: each connection has a thread.
package final class LoopbackServer: Sendable {
    /// What came: the head and what followed it in the same reading.
    package let requests = Collector<String>()
    package let port: Int
    private let listener: Int32

    /// - Parameter serve: given a connection and the request; the connection is closed after it.
    package init(_ serve: @escaping @Sendable (Int32, String) -> Void) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { [listener] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                let code = bind(listener, $0, length)
                getsockname(listener, $0, &length)
                return code
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard code == 0, listen(listener, 16) == 0 else { throw ChildProcess.Failure(description: "no listener") }
        Task { [listener, requests] in
            await onOwnThread {
                while case let connection = Self.accept(listener), connection >= 0 {
                    Task {
                        await onOwnThread {
                            let request = Self.request(on: connection)
                            requests.append(request)
                            serve(connection, request)
                            close(connection)
                        }
                    }
                }
                // Here: this thread would accept what comes to the next socket of that number.
                close(listener)
            }
        }
    }

    /// One that gives every request the same answer.
    package convenience init(answer: String) throws {
        try self.init { connection, _ in _ = Self.send(Array(answer.utf8), on: connection) }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    /// - Returns: whether somebody still listens.
    package static func send(_ bytes: [UInt8], on connection: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Waits until the other side goes.
    package static func waitForEnd(of connection: Int32) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(connection, &buffer, buffer.count) > 0 {}
    }

    private static func accept(_ listener: Int32) -> Int32 {
        let connection = Glibc.accept(listener, nil, nil)
        if connection >= 0 { _ = fcntl(connection, F_SETFD, FD_CLOEXEC) }
        return connection
    }

    /// Reads the head, and as much of a body as it announces.
    private static func request(on connection: Int32) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = text[..<end.lowerBound].lowercased()
                let length = head.range(of: "content-length: ").flatMap {
                    Int(head[$0.upperBound...].prefix { $0.isNumber })
                }
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = read(connection, &buffer, buffer.count)
            guard count > 0 else { return text }
            bytes += buffer.prefix(count)
            // The first byte of TLS.
            if bytes.first == 0x16 { return "" }
        }
    }
}
