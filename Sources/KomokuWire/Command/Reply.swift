package import Komoku

/// The answer to one command. It is written as text on the connection's own thread, never on the hub's.
package enum Reply: Sendable {
    case ok
    /// Accepted, but storing is impossible at the moment.
    case unstored
    /// Accepted; its time is ahead, and it counts when that comes.
    case future
    case value(Value?, isStale: Bool = false)
    /// `{"value":V,"time":T}` or null.
    case last(Point?, isStale: Bool = false)
    /// `[T,V]` or null.
    case point(Point?)
    /// `[[T,V],…]`.
    case points([Point])
    case keys([KeyDescription])
    case json(JSON)
    /// The same, of what was done while storing is impossible.
    case unstoredJSON(JSON)
    /// The text of a JSON value.
    case encoded([UInt8])
    /// A piece of such a text; the pieces of one answer are the fragments of one message.
    case piece([UInt8], begins: Bool, ends: Bool)
    case pong(JSON)
    case error(Refusal)
}

extension Reply {
    /// About the bytes that it takes in memory: enough to see when replies pile up.
    package var weight: Int {
        switch self {
        case .points(let points): points.reduce(64) { $0 + 48 + ($1.value?.string?.utf8.count ?? 0) }
        case .keys(let keys): 64 + keys.reduce(0) { $0 + $1.weight }
        case .json(let json), .unstoredJSON(let json): 64 + json.size
        case .encoded(let bytes), .piece(let bytes, _, _): 64 + bytes.count
        case .value(let value, _): 64 + (value?.string?.utf8.count ?? 0)
        case .last(let point, _), .point(let point): 64 + (point?.value?.string?.utf8.count ?? 0)
        case .pong(let json): 64 + json.size
        case .error(let refusal): 64 + (refusal.message?.utf8.count ?? 0)
        case .ok, .unstored, .future: 64
        }
    }

    /// An answer that is a shape.
    package static func shape(_ shape: some Shape) -> Reply { .json(shape.json) }

    /// Appends the whole frame of the answer to one command.
    package func write(into bytes: inout [UInt8], version: ProtocolVersion, queryID: JSON?) {
        var (begins, ends) = (true, true)
        if case .piece(_, let isFirst, let isLast) = self { (begins, ends) = (isFirst, isLast) }
        switch version {
        case .v1:
            writeBare(into: &bytes)
        case .v2:
            if begins { bytes.append(UInt8(ascii: "{")) }
            if begins { writeMembers(into: &bytes, version: .v2) } else { writeResult(into: &bytes, version: .v2) }
            guard ends else { return }
            if let queryID {
                bytes.append(contentsOf: #","query_id":"#.utf8)
                queryID.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Appends the answer without a frame of the protocol: what it came to, and of what was only done `{"result":"ok"}`.
    package func writeBody(into bytes: inout [UInt8]) {
        switch self {
        case .ok, .unstored, .future:
            bytes.append(UInt8(ascii: "{"))
            writeMembers(into: &bytes, version: .v2)
            bytes.append(UInt8(ascii: "}"))
        default: writeResult(into: &bytes, version: .v2)
        }
    }

    private func writeBare(into bytes: inout [UInt8]) {
        switch self {
        case .ok, .unstored, .future: bytes.append(contentsOf: #""ack""#.utf8)
        case .error, .pong:
            bytes.append(UInt8(ascii: "{"))
            if case .pong(let payload) = self {
                bytes.append(contentsOf: #""pong":"#.utf8)
                payload.write(into: &bytes)
            } else {
                writeMembers(into: &bytes, version: .v1)
            }
            bytes.append(UInt8(ascii: "}"))
        default: writeResult(into: &bytes, version: .v1)
        }
    }

    /// `"result":…` or `"error":…`.
    private func writeMembers(into bytes: inout [UInt8], version: ProtocolVersion) {
        switch self {
        case .error(let refusal):
            bytes.append(contentsOf: #""error":"\#(refusal.code)""#.utf8)
            guard version == .v2, let message = refusal.message else { return }
            bytes.append(contentsOf: #","message":"#.utf8)
            JSON.write(message, into: &bytes)
        case .unstored:
            bytes.append(contentsOf: #""result":"ok","stored":false"#.utf8)
        case .future:
            bytes.append(contentsOf: #""result":"ok","future":true"#.utf8)
        default:
            bytes.append(contentsOf: #""result":"#.utf8)
            writeResult(into: &bytes, version: .v2)
            if case .value(_, isStale: true) = self { bytes.append(contentsOf: #","stale":true"#.utf8) }
            if case .unstoredJSON = self { bytes.append(contentsOf: #","stored":false"#.utf8) }
        }
    }

    private func writeResult(into bytes: inout [UInt8], version: ProtocolVersion) {
        switch self {
        case .ok, .unstored, .future: bytes.append(contentsOf: #""ok""#.utf8)
        case .value(let value, _): JSON(value).write(into: &bytes)
        case .last(let point, let isStale):
            Self.json(ofLast: point, isStale: isStale && version == .v2).write(into: &bytes)
        case .point(let point): point.map { JSON($0) }?.write(into: &bytes) ?? JSON.null.write(into: &bytes)
        case .points(let points): Self.write(points, into: &bytes)
        case .keys(let keys):
            bytes.append(UInt8(ascii: "{"))
            keys.write(version, continuing: false, into: &bytes)
            bytes.append(UInt8(ascii: "}"))
        case .json(let json), .unstoredJSON(let json): json.write(into: &bytes)
        case .encoded(let text), .piece(let text, _, _): bytes.append(contentsOf: text)
        case .pong(let payload): JSON.object([JSON.Member("pong", payload)]).write(into: &bytes)
        case .error: break
        }
    }

    private static func json(ofLast point: Point?, isStale: Bool) -> JSON {
        point.map { LastValue($0.value?.json, at: $0.time, isStale: isStale).json } ?? .null
    }

    private static func write(_ points: [Point], into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "["))
        for (index, point) in points.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSON(point).write(into: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

extension JSON {
    /// About the bytes of its text, and no less than what it takes in memory by much.
    package var size: Int {
        switch self {
        case .null, .bool, .number: 16
        case .string(let text): 16 + text.utf8.count
        case .array(let items): items.reduce(16) { $0 + $1.size }
        case .object(let members): members.reduce(16) { $0 + 16 + $1.name.utf8.count + $1.value.size }
        }
    }
}
