internal import Glibc

/// Writes all of some bytes to a descriptor, however many calls it takes.
///
/// - Throws: with the system's reason, where it takes no more. What was written before stays written.
package func writeWhole(_ bytes: some Collection<UInt8>, to descriptor: Int32) throws(WriteFailure) {
    let code =
        bytes.withContiguousStorageIfAvailable { write(UnsafeRawBufferPointer($0), to: descriptor) }
        ?? Array(bytes).withUnsafeBytes { write($0, to: descriptor) }
    if code != 0 { throw WriteFailure(code: code) }
}

/// - Returns: 0, or the system's error.
private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var written = 0
    while written < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
        let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
        if count > 0 {
            written += count
        } else if count == 0 {
            return EIO
        } else if errno == EAGAIN {
            // Somebody else made it non-blocking, as a shell does with a terminal.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, 1000)
        } else if errno != EINTR {
            return errno
        }
    }
    return 0
}

/// Why bytes could not be written.
package struct WriteFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// `errno`.
    package let code: Int32

    /// Whoever read has closed its end.
    package var isClosedPipe: Bool { code == EPIPE }

    package var description: String { String(cString: strerror(code)) }
}
