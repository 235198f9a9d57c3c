import Glibc
import KomokuTesting
import Synchronization

/// A broker of a test's own making: what it answers to each connection is given as bytes.
final class ScriptedBroker: Sendable {
    /// What one connection does after CONNECT has come.
    struct Script: Sendable {
        var bytes: [UInt8]
        /// Reads on until the client hangs up, or hangs up itself.
        var stays = false
    }

    let port: Int
    /// What came from clients, one element for each read, with the number of the connection.
    var received: Collector<(connection: Int, bytes: [UInt8])> { events.received }
    private let listener: Int32
    private let events = Events()

    /// What the thread fills. It must not hold the broker itself.
    private final class Events: Sendable {
        let received = Collector<(connection: Int, bytes: [UInt8])>()
        let connections = Atomic(0)
    }

    /// How many connections there were.
    var count: Int { events.connections.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - clientID: whoever else comes is not served; another test's client may still look for a broker at this port.
    ///   - script: of the connection of a number, from 0 on.
    init(clientID: String, _ script: @escaping @Sendable (Int) -> Script) throws {
        port = try MosquittoBroker.freePort()
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        let code = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [listener] generic in
                bind(listener, generic, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0, listen(listener, 8) == 0 else { throw ChildProcess.Failure(description: "no listener") }
        Task { [events, listener] in
            await onOwnThread {
                while case let peer = accept(listener, nil, nil), peer >= 0 {
                    Self.serve(peer, clientID, events, script)
                    close(peer)
                }
                // Here, and not in `stop`: this thread would accept what comes to the next socket of that number.
                close(listener)
            }
        }
    }

    /// Ends the thread that accepts.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func serve(_ peer: Int32, _ clientID: String, _ events: Events, _ script: (Int) -> Script) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let first = read(peer, &buffer, buffer.count)
        guard first > 0, buffer[..<first].contains(Array(clientID.utf8)) else { return }
        let number = events.connections.wrappingAdd(1, ordering: .relaxed).oldValue
        let script = script(number)
        var sent = 0
        while sent < script.bytes.count {
            let count = script.bytes.withUnsafeBytes {
                send(peer, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
        while script.stays, case let count = read(peer, &buffer, buffer.count), count > 0 {
            events.received.append((number, Array(buffer[..<count])))
        }
    }
}

/// Packets as a broker sends them.
enum BrokerPackets {
    static func accepted(_ version: Int = 5, sessionPresent: Bool = false) -> [UInt8] {
        let flag: UInt8 = sessionPresent ? 1 : 0
        return version == 5 ? [0x20, 3, flag, 0, 0] : [0x20, 2, flag, 0]
    }

    static func publish(
        _ topic: String, _ payload: [UInt8], id: UInt16 = 0, qos: UInt8 = 0, isRepeated: Bool = false, version: Int = 5
    ) -> [UInt8] {
        var body = [UInt8(topic.utf8.count >> 8), UInt8(topic.utf8.count & 255)] + Array(topic.utf8)
        if qos > 0 { body += [UInt8(id >> 8), UInt8(id & 255)] }
        if version == 5 { body.append(0) }
        body += payload
        return [0x30 | qos << 1 | (isRepeated ? 8 : 0)] + length(body.count) + body
    }

    static func length(_ value: Int) -> [UInt8] {
        var (rest, bytes) = (value, [UInt8]())
        repeat {
            bytes.append(UInt8(rest & 127) | (rest > 127 ? 128 : 0))
            rest >>= 7
        } while rest > 0
        return bytes
    }
}
