import Glibc
import KomokuTesting

/// A broker that knows MQTT 3.1.1 only, as far as CONNECT: it refuses version 5, or hangs up on it.
final class OldBroker: Sendable {
    let port: Int
    /// Who is served; another test's client may still look for a broker at this port.
    let clientID: String
    /// The version of each CONNECT of that client.
    let versions = Collector<Int>()
    private let listener: Int32

    init(hangsUp: Bool) throws {
        port = try MosquittoBroker.freePort()
        clientID = "komoku-old-\(port)"
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
        Task { [listener, versions, clientID] in
            await onOwnThread {
                while case let peer = accept(listener, nil, nil), peer >= 0 {
                    Self.serve(peer, clientID, hangsUp, versions)
                    close(peer)
                }
                // Here: this thread would accept what comes to the next socket of that number.
                close(listener)
            }
        }
    }

    /// Ends the thread that accepts.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private static func serve(_ peer: Int32, _ clientID: String, _ hangsUp: Bool, _ versions: Collector<Int>) {
        var packet = [UInt8](repeating: 0, count: 256)
        guard read(peer, &packet, packet.count) > 8, packet.contains(clientID.utf8) else { return }
        // The byte behind the name "MQTT", which follows two bytes of fixed header and two of length.
        let version = Int(packet[8])
        versions.append(version)
        if version == 5, hangsUp { return }
        let answer: [UInt8] = [0x20, 2, 0, version == 5 ? 1 : 0]
        _ = send(peer, answer, answer.count, Int32(MSG_NOSIGNAL))
        while version == 4, read(peer, &packet, packet.count) > 0 {}
    }
}
