/// Reads the fields of one packet. Nothing here trusts a length: what is missing throws.
struct PacketFields {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ body: UnsafeRawBufferPointer) {
        rest = body
    }

    var isEmpty: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) throws(MalformedPacket) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw MalformedPacket("a packet ends too soon") }
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

/// What a broker may say in the properties of its packets, as far as it matters here.
struct PacketProperties {
    private(set) var subscription: UInt32?
    private(set) var reason: String?
    private(set) var hasTopicAlias = false
    private(set) var receiveMaximum: UInt16?
    private(set) var maximumQuality: UInt8?
    private(set) var canRetain = true
    private(set) var maximumPacket: UInt32?
    private(set) var identifiesSubscriptions = true
    private(set) var keepAlive: UInt16?
    private(set) var authenticationMethod: String?
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
        case Self.subscriptionIdentifier: subscription = try fields.variable()
        case Self.userProperty: (_, _) = (try fields.text(), try fields.text())
        case 1, 23, 25, 36, 37, 40, 41, 42: try readByte(name, try fields.byte())
        case 19, 33, 34, 35: try readShort(name, try fields.integer16())
        case 2, 17, 24, 39: try readLong(name, try fields.integer32())
        case 3, 8, 18, 21, 26, 28, 31: readText(name, try fields.text())
        case 9, 22: _ = try fields.block()
        default: throw MalformedPacket("a property is unknown")
        }
    }

    private mutating func readByte(_ name: UInt8, _ value: UInt8) throws(MalformedPacket) {
        guard value <= 1 else { throw .protocolError("a property is neither 0 nor 1") }
        switch name {
        case 36: maximumQuality = value
        case 37: canRetain = value == 1
        case 41: identifiesSubscriptions = value == 1
        default: break
        }
    }

    private mutating func readShort(_ name: UInt8, _ value: UInt16) throws(MalformedPacket) {
        switch name {
        case 19: keepAlive = value
        case 33:
            guard value > 0 else { throw .protocolError("its Receive Maximum is 0") }
            receiveMaximum = value
        case 35: hasTopicAlias = true
        default: break
        }
    }

    private mutating func readLong(_ name: UInt8, _ value: UInt32) throws(MalformedPacket) {
        guard name == 39 else { return }
        guard value > 0 else { throw .protocolError("its Maximum Packet Size is 0") }
        maximumPacket = value
    }

    private mutating func readText(_ name: UInt8, _ value: String) {
        switch name {
        case 31: reason = value
        case 21: authenticationMethod = value
        default: break
        }
    }
}
