/// Reads the fields of one packet. Nothing here trusts a length: what is missing throws.
struct PacketFields {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ body: UnsafeRawBufferPointer) {
        rest = body
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) throws(MalformedPacket) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw MalformedPacket("a packet ends too soon", endsTooSoon: true) }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[count...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<count])
    }

    mutating func byte() throws(MalformedPacket) -> UInt8 { try bytes(1)[0] }

    mutating func integer16() throws(MalformedPacket) -> UInt16 {
        let two = try bytes(2)
        return UInt16(two[0]) << 8 | UInt16(two[1])
    }

    mutating func integer32() throws(MalformedPacket) -> UInt32 {
        let high = try integer16()
        return UInt32(high) << 16 | UInt32(try integer16())
    }

    /// At most four bytes of seven bits.
    mutating func variable() throws(MalformedPacket) -> UInt32 {
        var value: UInt32 = 0
        for shift in stride(from: UInt32(0), through: 21, by: 7) {
            let byte = try byte()
            value |= UInt32(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw MalformedPacket("a length has too many bytes")
    }

    /// Two bytes of length and the bytes of a text or of something else.
    mutating func block() throws(MalformedPacket) -> UnsafeRawBufferPointer { try bytes(Int(integer16())) }

    mutating func text() throws(MalformedPacket) -> String {
        guard let text = String(validating: try block(), as: UTF8.self), !text.utf8.contains(0) else {
            throw MalformedPacket("a text is not UTF-8")
        }
        return text
    }

    /// The id of a message or a request.
    mutating func identifier() throws(MalformedPacket) -> UInt16 {
        let id = try integer16()
        guard id != 0 else { throw .protocolError("a packet has the id 0") }
        return id
    }

    func end() throws(MalformedPacket) {
        guard rest.isEmpty else { throw MalformedPacket("a packet is longer than what it holds") }
    }
}

/// The properties of a packet: whether MQTT knows them, and what matters here before they are read.
struct PacketProperties {
    private(set) var hasTopicAlias = false
    private var seen: UInt64 = 0

    /// Two identifiers may come more than once.
    private static let subscriptionIdentifier: UInt8 = 11
    private static let userProperty: UInt8 = 38

    init() {}

    init(_ fields: inout PacketFields) throws(MalformedPacket) {
        let length = Int(try fields.variable())
        var own = PacketFields(try fields.bytes(length))
        while !own.isEmpty { try read(&own) }
    }

    private mutating func read(_ fields: inout PacketFields) throws(MalformedPacket) {
        let name = try fields.byte()
        guard name < 64 else { throw MalformedPacket("a property is unknown") }
        if seen & (1 << name) != 0, name != Self.userProperty, name != Self.subscriptionIdentifier {
            throw .protocolError("a property comes twice")
        }
        seen |= 1 << name
        switch name {
        case Self.subscriptionIdentifier: _ = try fields.variable()
        case Self.userProperty: (_, _) = (try fields.text(), try fields.text())
        case 1, 23, 25, 36, 37, 40, 41, 42:
            guard try fields.byte() <= 1 else { throw .protocolError("a property is neither 0 nor 1") }
        case 19, 33, 34: _ = try fields.integer16()
        case 35:
            _ = try fields.integer16()
            hasTopicAlias = true
        case 2, 17, 24, 39: _ = try fields.integer32()
        case 3, 8, 18, 21, 26, 28, 31: _ = try fields.text()
        case 9, 22: _ = try fields.block()
        default: throw MalformedPacket("a property is unknown")
        }
    }
}
