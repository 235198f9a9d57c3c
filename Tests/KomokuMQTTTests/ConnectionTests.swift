import Glibc
import Komoku
import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct ConnectionTests {
    /// In a small one the rest of a packet found no room behind the segments that its beginning held on to.
    @Test func `the buffer of the socket has room behind what a begun packet holds on to`() throws {
        let mosquitto = try MosquittoBroker(MosquittoBroker.Options())
        let address = BrokerAddress(host: "127.0.0.1", port: mosquitto.port, isEncrypted: false)
        let broker = Broker(address: address, clientID: "komoku-test")
        let connection = try Connection(
            Connection.Options(broker: broker, clientID: "komoku-test", keepsSession: false))
        try connection.connect()
        // The kernel joins segments to at most some half of this.
        let least: Int32 = 2 << 20
        #expect(Self.option(SO_RCVBUF, of: connection.socket) >= least)
        #expect(Self.option(SO_RCVLOWAT, of: connection.socket) == 1, "the first byte is told of")
    }

    private static func option(_ name: Int32, of socket: Int32) -> Int32 {
        var (value, size) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
        getsockopt(socket, SOL_SOCKET, name, &value, &size)
        return value
    }
}
