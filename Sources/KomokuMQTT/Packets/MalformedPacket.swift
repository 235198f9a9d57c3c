/// Bytes from a broker that MQTT does not allow, or not here.
struct MalformedPacket: Error, Hashable, CustomStringConvertible {
    let description: String
    /// The reason code with which MQTT 5 says so: malformed packet, unless it says another.
    let code: UInt8
    /// It may be right once more of it has come.
    let endsTooSoon: Bool

    init(_ description: String, code: UInt8 = 0x81, endsTooSoon: Bool = false) {
        self.description = description
        self.code = code
        self.endsTooSoon = endsTooSoon
    }

    static func protocolError(_ description: String) -> MalformedPacket { MalformedPacket(description, code: 0x82) }
}

/// The types of MQTT's packets, as the upper half of their first byte has them.
enum PacketKind: UInt8 {
    case connect = 1, connack, publish, puback, pubrec, pubrel, pubcomp, subscribe, suback, unsubscribe, unsuback
    case pingreq, pingresp, disconnect, auth

    /// The lower half of the first byte, where it is fixed.
    var flags: UInt8? {
        switch self {
        case .publish: nil
        case .pubrel, .subscribe, .unsubscribe: 2
        default: 0
        }
    }

    var name: String { "\(self)".uppercased() }
}
