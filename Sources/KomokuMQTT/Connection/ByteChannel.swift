internal import Glibc

/// The bytes of a connection, plain or encrypted. Belongs to one thread, and never blocks it.
protocol ByteChannel: AnyObject {
    /// Of the socket, which is closed with the channel.
    var descriptor: Int32 { get }
    /// Bytes that were written wait for the socket to take them.
    var mustFlush: Bool { get }
    /// A read that brought less than there was room for leaves nothing behind.
    var isDryAfterShortRead: Bool { get }
    func read(into space: UnsafeMutableRawBufferPointer) -> Transfer
    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer
}

/// What became of a read or a write.
enum Transfer: Equatable {
    case done(Int)
    case wouldBlock
    /// The peer has ended the connection.
    case closed
    case failed(String)

    /// After a call of the system that ended with -1.
    static func failure(_ code: Int32) -> Transfer {
        code == EAGAIN || code == EINTR ? .wouldBlock : .failed(String(cString: strerror(code)))
    }
}

/// The bytes as they are.
final class PlainChannel: ByteChannel {
    let descriptor: Int32

    /// - Parameter descriptor: of a connected socket that does not block.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    var mustFlush: Bool { false }
    var isDryAfterShortRead: Bool { true }

    func read(into space: UnsafeMutableRawBufferPointer) -> Transfer {
        let count = recv(descriptor, space.baseAddress, space.count, 0)
        return count > 0 ? .done(count) : count == 0 ? .closed : .failure(errno)
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> Transfer {
        let count = send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        return count >= 0 ? .done(count) : .failure(errno)
    }
}
