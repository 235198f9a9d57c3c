import Glibc
import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct ConnectionTests {
    /// In a small one the rest of a packet finds no room behind the segments that its beginning holds on to; in a wide one, what
    /// waits is read more slowly.
    @Test func `the buffer of the socket is widened when the rest of a packet finds no room in it`() throws {
        let accepted: [UInt8] = [0x20, 3, 0, 0, 0]
        let begun: [UInt8] = [0x30, 10, 0]
        let scripted = try ScriptedBroker(clientID: "komoku-begun") { _ in
            ScriptedBroker.Script(bytes: accepted + begun, stays: true)
        }
        defer { scripted.stop() }
        let address = BrokerAddress(host: "127.0.0.1", port: scripted.port, isEncrypted: false)
        let broker = Broker(address: address, clientID: "komoku-begun")
        let connection = try Connection(
            Connection.Options(broker: broker, clientID: "komoku-begun", keepsSession: false))
        try connection.connect()
        _ = connection.write()
        let usual = Self.option(SO_RCVBUF, of: connection.socket)
        // The mark is behind what is there of the packet, once that was looked at.
        try #require(Self.readUntil(connection) { Self.option(SO_RCVLOWAT, of: connection.socket) == begun.count + 1 })
        #expect(Self.option(SO_RCVBUF, of: connection.socket) == usual)
        // Only a full buffer tells of less than the mark; to be asked again without more being there is the same.
        guard case .dry = connection.read() else { return #expect(Bool(false), "half a packet is nothing") }
        #expect(Self.option(SO_RCVBUF, of: connection.socket) >= Connection.wideBuffer)
        #expect(Self.option(SO_RCVLOWAT, of: connection.socket) == begun.count + 1)
    }

    private static func readUntil(_ connection: Connection, _ isDone: () -> Bool) -> Bool {
        for _ in 0..<100 where !isDone() {
            var socket = pollfd(fd: connection.socket, events: Int16(POLLIN), revents: 0)
            guard poll(&socket, 1, 10_000) > 0 else { return false }
            _ = connection.read()
        }
        return isDone()
    }

    private static func option(_ name: Int32, of socket: Int32) -> Int32 {
        var (value, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        getsockopt(socket, SOL_SOCKET, name, &value, &size)
        return value
    }
}
