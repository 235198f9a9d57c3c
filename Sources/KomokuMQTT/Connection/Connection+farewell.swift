internal import CMosquitto
internal import Glibc
internal import KomokuSystem

/// How a connection ends in good order.
extension Connection {
    /// How long a broker may take to hang up, in microseconds.
    static let farewell: Int64 = 2_000_000

    /// Writes what is queued and a DISCONNECT, and waits until the broker has hung up: it has read everything then.
    ///
    /// libmosquitto closes the socket right behind the DISCONNECT. Where something of the broker's has not been read by then, the
    /// kernel answers it with a reset (RFC 1122, 4.2.2.13), and a broker that finds the connection reset when it writes reads
    /// no more of it: acknowledgements that were written would be lost. So a second descriptor keeps the socket open.
    ///
    /// - Parameter deadline: of the monotonic clock, for all of it.
    func hangUp(until deadline: Int64) {
        let kept = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        defer { if kept >= 0 { close(kept) } }
        mosquitto_disconnect_v5(handle, 0, nil)
        while wantsToWrite, socket >= 0, write() == nil, Self.waits(for: POLLOUT, on: kept, until: deadline) {}
        guard kept >= 0 else { return }
        // What was being held back for more goes first.
        Self.set(TCP_CORK, 0, on: kept)
        shutdown(kept, Int32(SHUT_WR))
        while Self.waits(for: POLLIN, on: kept, until: deadline), Self.discard(from: kept) {}
    }

    /// - Returns: whether the descriptor has it in time, or is broken.
    private static func waits(for event: Int32, on descriptor: Int32, until deadline: Int64) -> Bool {
        let left = deadline - MonotonicClock.now
        guard left > 0, descriptor >= 0 else { return false }
        var peer = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return poll(&peer, 1, Int32(clamping: (left + 999) / 1000)) > 0
    }

    /// Takes what the broker sent behind the last packet that counts; it sends it again in the next connection.
    ///
    /// - Returns: whether the broker may send more.
    private static func discard(from descriptor: Int32) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { space in
            let count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_DONTWAIT))
            return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR))
        }
    }
}
