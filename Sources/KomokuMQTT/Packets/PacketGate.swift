/// Looks at what a broker has sent before libmosquitto reads it: 2.0.11 ends the process where a property is unknown (its
/// reader of properties logs without a client), and keeps a payload whatever its size.
final class PacketGate {
    enum Find {
        /// A packet that is whole and right.
        case packet(Head)
        /// A message that begins well; its payload is not all here.
        case begun(Head)
        /// A message that is to go by.
        case refused(RefusedMessage, length: Int)
        /// So many bytes of a packet are here, and they say too little.
        case incomplete(Int)
        /// Nothing has come, or nothing more will.
        case dry, closed
    }

    struct Head {
        let kind: PacketKind
        let flags: UInt8

        /// Of a message: the broker has sent it before.
        var isRepeated: Bool { kind == .publish && flags & 8 != 0 && flags & 6 != 0 }
    }

    enum Peek {
        case bytes(Int)
        case dry
        case closed
    }

    /// The most bytes of a message.
    private let maximum: Int
    private let isFive: Bool
    /// So much of a message that goes by is waited for, behind its topic.
    private let glance: Int
    private var bytes: UnsafeMutableRawBufferPointer
    /// What was looked at and not yet read, from `next` on.
    private var ahead: [Head] = []
    private var index = 0
    private var wasAccepted = false

    private static let usualSize = 1 << 16
    /// The longest topic and properties that are waited for.
    private static let largestView = 1 << 19
    /// So much of a message that goes by is kept, behind its topic.
    private static let beginning = 1 << 10
    /// The most bytes that a packet may hold behind its length.
    static let largestBody = 268_435_455

    init(maximum: Int, isFive: Bool, glance: Int = 1 << 10) {
        (self.maximum, self.isFive, self.glance) = (maximum, isFive, glance)
        bytes = .allocate(byteCount: Self.usualSize, alignment: 16)
    }

    deinit {
        bytes.deallocate()
    }

    /// Whether packets were looked at that are not read.
    var hasAhead: Bool { index < ahead.count }

    /// What comes next.
    ///
    /// - Parameter peek: gives what has come without taking it.
    func next(_ peek: (UnsafeMutableRawBufferPointer) -> Peek) throws(MalformedPacket) -> Find {
        if !hasAhead {
            ahead.removeAll(keepingCapacity: true)
            index = 0
            switch peek(bytes) {
            case .dry: return .dry
            case .closed: return .closed
            case .bytes(let count):
                if let find = try scan(UnsafeRawBufferPointer(rebasing: bytes[..<count])) { return find }
            }
        }
        defer { index += 1 }
        return .packet(ahead[index])
    }

    /// Looks at every packet that is here.
    ///
    /// - Returns: nil where there is one to be read; else what is to be done with the first.
    private func scan(_ view: UnsafeRawBufferPointer) throws(MalformedPacket) -> Find? {
        var fields = PacketFields(view)
        while !fields.isEmpty {
            let start = fields
            guard let (head, length) = try Self.header(&fields) else { return first(.incomplete(view.count)) }
            let headerLength = start.rest.count - fields.rest.count
            let isTooLarge = length > maximum
            guard !isTooLarge || head.kind == .publish else {
                throw MalformedPacket("a \(head.kind.name) of \(length) bytes", code: 0x95)
            }
            let isWhole = fields.rest.count >= length
            let body = UnsafeRawBufferPointer(rebasing: fields.rest.prefix(length))
            if head.kind == .publish {
                switch try message(head, body, isWhole: isWhole, isTooLarge: isTooLarge, length) {
                case .right: if !isWhole { return first(.begun(head)) }
                case .wrong(let refused): return first(.refused(refused, length: headerLength + length))
                case .unknown: return first(try incomplete(view.count))
                }
            } else if isWhole {
                try check(head, PacketFields(body))
            } else {
                return first(try incomplete(view.count))
            }
            ahead.append(head)
            _ = try fields.bytes(length)
        }
        return nil
    }

    /// What stands behind packets that can be read waits until they are.
    private func first(_ find: Find) -> Find? { ahead.isEmpty ? find : nil }

    /// Looks at more the next time, where there may be more.
    private func incomplete(_ count: Int) throws(MalformedPacket) -> Find {
        if count == bytes.count, ahead.isEmpty {
            guard count < Self.largestView else { throw MalformedPacket("a packet is too long", code: 0x95) }
            bytes.deallocate()
            bytes = .allocate(byteCount: count * 2, alignment: 16)
        }
        return .incomplete(count)
    }

    /// - Returns: nil where not all of it is here.
    private static func header(_ fields: inout PacketFields) throws(MalformedPacket) -> (Head, length: Int)? {
        let first = try fields.byte()
        guard let kind = PacketKind(rawValue: first >> 4), kind.flags.map({ $0 == first & 15 }) ?? true else {
            throw MalformedPacket("a packet of an unknown type")
        }
        let available = fields.rest.prefix(4)
        if available.count < 4, available.allSatisfy({ $0 & 0x80 != 0 }) { return nil }
        return (Head(kind: kind, flags: first & 15), Int(try fields.variable()))
    }

    // MARK: Messages

    private enum Verdict {
        case right
        case wrong(RefusedMessage)
        /// Too little is here.
        case unknown
    }

    private func message(
        _ head: Head, _ body: UnsafeRawBufferPointer, isWhole: Bool, isTooLarge: Bool, _ length: Int
    ) throws(MalformedPacket) -> Verdict {
        guard wasAccepted else { throw .protocolError("a PUBLISH before its CONNACK") }
        let qos = (head.flags >> 1) & 3
        guard qos < 2 else { throw MalformedPacket("a message of QoS \(qos), which was not asked for", code: 0x9B) }
        do throws(MalformedPacket) {
            var fields = PacketFields(body)
            let topic = try fields.block()
            let id = qos > 0 ? try fields.identifier() : 0
            if isTooLarge, !isWhole, fields.rest.count < min(glance, length - 2 - topic.count) { return .unknown }
            let properties = try properties(&fields, isTooLarge: isTooLarge)
            if properties.hasTopicAlias { throw MalformedPacket("a topic alias, which was not allowed", code: 0x94) }
            guard let fault = isTooLarge ? Self.tooLarge : Self.fault(of: topic) else { return .right }
            // One that is wrong otherwise is looked at whole.
            return .wrong(
                RefusedMessage(
                    id: id, qos: qos, isRepeated: head.isRepeated, topic: topic,
                    beginning: UnsafeRawBufferPointer(rebasing: fields.rest.prefix(Self.beginning)), reason: fault,
                    size: isTooLarge ? length : nil))
        } catch {
            // What ends too soon because it has not all come is not wrong yet.
            guard !isWhole, error.endsTooSoon else { throw error }
            return .unknown
        }
    }

    private static let tooLarge = "it is larger than 'mqtt.max_message' allows"

    /// Of one that goes by they are of no interest.
    private func properties(
        _ fields: inout PacketFields, isTooLarge: Bool
    ) throws(MalformedPacket) -> PacketProperties {
        guard isFive else { return PacketProperties() }
        return isTooLarge ? (try? PacketProperties(&fields)) ?? PacketProperties() : try PacketProperties(&fields)
    }

    /// Why nothing can be published under a topic.
    private static func fault(of topic: UnsafeRawBufferPointer) -> String? {
        if topic.isEmpty { return "its topic is empty" }
        var isASCII = true
        for byte in topic {
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "#") { return "its topic holds a wildcard" }
            if byte < 0x20 || byte >= 0x7F { isASCII = false }
        }
        if isASCII { return nil }
        // libmosquitto would hang up on it.
        guard let text = String(validating: topic, as: UTF8.self), BrokerText.isPrintable(text) else {
            return "its topic has characters that no topic may have"
        }
        return nil
    }

    // MARK: Other packets

    private func check(_ head: Head, _ content: PacketFields) throws(MalformedPacket) {
        var fields = content
        guard wasAccepted || head.kind == .connack else {
            throw .protocolError("a \(head.kind.name) before its CONNACK")
        }
        switch head.kind {
        case .connack: try connack(&fields)
        case .puback, .pubrec, .pubrel, .pubcomp:
            _ = try fields.identifier()
            try reason(&fields)
        case .suback, .unsuback:
            _ = try fields.identifier()
            if isFive { _ = try PacketProperties(&fields) }
        case .pingresp: try fields.end()
        case .disconnect where isFive: try reason(&fields)
        default: throw .protocolError("a \(head.kind.name) from a broker")
        }
    }

    private func connack(_ fields: inout PacketFields) throws(MalformedPacket) {
        guard !wasAccepted else { throw .protocolError("a second CONNACK") }
        guard try fields.byte() <= 1 else { throw MalformedPacket("unknown flags of CONNACK") }
        _ = try fields.byte()
        // A broker that knows only 3.1.1 refuses version 5 in its own form.
        if isFive, !fields.isEmpty { _ = try PacketProperties(&fields) }
        try fields.end()
        wasAccepted = true
    }

    /// A reason and properties, which MQTT 5 leaves out where they are nothing special.
    private func reason(_ fields: inout PacketFields) throws(MalformedPacket) {
        if isFive, !fields.isEmpty {
            _ = try fields.byte()
            if !fields.isEmpty { _ = try PacketProperties(&fields) }
        }
        try fields.end()
    }
}
