import Komoku
import KomokuProto
import KomokuWire

/// A client of the third protocol, over a WebSocket or without one.
final class PackedPeer {
    let socket: RawSocket
    private let isDelimited: Bool
    private var id: UInt64 = 0

    init(webSocketAt port: Int, path: String = "/v3", receiveBuffer: Int32? = nil) throws {
        socket = try RawSocket.webSocket(port: port, path: path, receiveBuffer: receiveBuffer)
        isDelimited = false
    }

    init(port: Int) throws {
        socket = try RawSocket(port: port)
        isDelimited = true
    }

    static func delimited(_ message: [UInt8]) -> [UInt8] {
        var (head, length) = ([UInt8](), message.count)
        while length > 0x7F {
            head.append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        return head + [UInt8(length)] + message
    }

    func send(_ message: [UInt8]) throws {
        try socket.write(isDelimited ? Self.delimited(message) : RawSocket.frame(2, message))
    }

    @discardableResult
    func send(_ command: JSON.Member) throws -> UInt64 {
        id += 1
        try send(PackedToHub(command, id: id).packed)
        return id
    }

    @discardableResult
    func send(_ points: [PutPoint]) throws -> UInt64 {
        id += 1
        guard let points = PackedPoints(points) else { throw RawSocket.Broken(what: "no columns") }
        try send(PackedToHub(points, id: id).packed)
        return id
    }

    /// The next message, but for signs of life.
    func receive() throws -> HubMessage {
        while true {
            let message = try PackedFromHub(packed: try receiveBytes()).message()
            if message != .alive { return message }
        }
    }

    func ask(_ name: String, _ body: JSON) throws -> JSON {
        let id = try send(JSON.Member(name, body))
        guard case .reply([id], let reply) = try receive() else { throw RawSocket.Broken(what: "another reply") }
        return reply
    }

    private func receiveBytes() throws -> [UInt8] {
        guard isDelimited else {
            let frame = try socket.receive()
            guard frame.opcode == 2 else { throw RawSocket.Broken(what: "\(frame.opcode) \(frame.code ?? 0)") }
            return frame.payload
        }
        var (length, shift) = (0, 0)
        while let byte = try socket.bytes(1).first {
            length |= Int(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        return try socket.bytes(length)
    }
}
