import Komoku

/// A value without its text, in nine bytes.
struct PackedValue {
    /// The bits of a double, 0 or 1, or what the owner uses to find the text.
    var payload: UInt64
    /// A `ValueKind` in the low two bits, a `Provenance` in the three above.
    var tag: UInt8

    @inline(__always)
    init(payload: UInt64, tag: UInt8) {
        self.payload = payload
        self.tag = tag
    }

    @inline(__always)
    init(_ value: Value?, _ provenance: Provenance, text: (String) -> UInt64) {
        tag = ValueKind(of: value).rawValue | provenance.rawValue << 2
        switch value {
        case nil: payload = 0
        case .boolean(let boolean): payload = boolean ? 1 : 0
        case .number(let number): payload = number.bitPattern
        case .string(let string): payload = text(string)
        }
    }

    var provenance: Provenance { Provenance(rawValue: tag >> 2 & 7) ?? .live }

    func value(text: (UInt64) -> String?) -> Value? {
        switch ValueKind(rawValue: tag & 3) {
        case .boolean: .boolean(payload != 0)
        case .number: .number(Double(bitPattern: payload))
        case .string: text(payload).map(Value.string)
        case .gap, nil: nil
        }
    }
}
