internal import CMosquitto
internal import Glibc

/// What goes out, and when.
extension Connection {
    /// Writes everything that is queued, acknowledgements too, as far as the socket takes it.
    ///
    /// - Parameter isAlone: one packet is queued.
    /// - Returns: nil, or the failure that ended the connection.
    func write(isAlone: Bool = false) -> Failure? {
        if let failure { return failure }
        let socket = socket
        // libmosquitto writes packet by packet; 4,000 acknowledgements shall not be 4,000 segments.
        if !isAlone { Self.set(TCP_CORK, 1, on: socket) }
        let code = mosquitto_loop_write(handle, 1)
        if code == MOSQ_ERR_SUCCESS.rawValue, !refusedIDs.isEmpty, !mosquitto_want_write(handle) { writeRefused() }
        if !isAlone { Self.set(TCP_CORK, 0, on: socket) }
        return code == MOSQ_ERR_SUCCESS.rawValue ? failure : fail(explained(code))
    }

    /// Acknowledges what libmosquitto never saw; between two of its packets, all at once.
    private func writeRefused() {
        let bytes = refusedIDs.flatMap { [0x40, 2, UInt8($0 >> 8), UInt8($0 & 255)] as [UInt8] }
        refusedIDs = []
        let isEncrypted = options.broker.address.isEncrypted
        let count =
            isEncrypted
            ? secured.write(bytes) : send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        // The broker sends them again after that.
        if count != bytes.count { fail(.lost) }
    }

    /// Keeps the connection alive; to be called about once a second.
    func misc() -> Failure? {
        if let failure { return failure }
        let code = mosquitto_loop_misc(handle)
        return code == MOSQ_ERR_SUCCESS.rawValue ? failure : fail(explained(code))
    }

    /// Has the kernel acknowledge at once what was read: a peer with Nagle's algorithm waits for that, 40 ms at worst.
    func acknowledgeSegments() {
        Self.set(TCP_QUICKACK, 1, on: socket)
    }

    static func set(_ option: Int32, _ value: Int32, on socket: Int32) {
        guard socket >= 0 else { return }
        var value = value
        setsockopt(socket, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Whether the broker's host has everything that was written.
    var isDelivered: Bool {
        var unsent: Int32 = 0
        let code = ioctl(socket, UInt(TIOCOUTQ), &unsent)
        return code == 0 && unsent == 0 && !wantsToWrite
    }
}
