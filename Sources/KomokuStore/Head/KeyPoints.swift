import Komoku

/// At most one point of each key, in columns indexed by key id.
struct KeyPoints {
    private var times: [Int64] = []
    private var payloads: [UInt64] = []
    private var tags: [UInt8] = []
    /// The texts of the keys whose point is a text.
    private var texts: [Int: String] = [:]
    private static let none: UInt8 = 0xFF
    /// In a tag: the hub gave the time, and is known to have.
    private static let isOurs: UInt8 = 0x20

    /// One more than the highest index that may have a point.
    var endIndex: Int { tags.count }

    @inline(__always)
    func time(at index: Int) -> Int64? {
        index < tags.count && tags[index] != Self.none ? times[index] : nil
    }

    subscript(index: Int) -> Point? {
        guard let time = time(at: index) else { return nil }
        let packed = PackedValue(payload: payloads[index], tag: tags[index])
        return Point(
            time: Timestamp(microseconds: time), value: packed.value { _ in texts[index] },
            provenance: packed.provenance)
    }

    /// Whether the hub gave the time, as far as is known.
    func isOurs(_ index: Int) -> Bool { time(at: index) != nil && tags[index] & Self.isOurs != 0 }

    /// Who gave the times is not known.
    mutating func disown() {
        for index in tags.indices where tags[index] != Self.none { tags[index] &= ~Self.isOurs }
    }

    /// The newest time of any key at or before another one.
    func newestTime(upTo time: Int64) -> Int64? {
        var newest: Int64?
        for index in tags.indices where tags[index] != Self.none && times[index] <= time {
            newest = max(newest ?? .min, times[index])
        }
        return newest
    }

    @inline(__always)
    mutating func set(
        _ index: Int, time: Int64, _ value: Value?, _ provenance: Provenance, isOurs: Bool = false
    ) {
        if index >= tags.count { grow(to: index + 1) }
        if tags[index] & 3 == ValueKind.string.rawValue { texts[index] = nil }
        let packed = PackedValue(value, provenance) { text in
            texts[index] = text
            return 0
        }
        times[index] = time
        payloads[index] = packed.payload
        tags[index] = isOurs ? packed.tag | Self.isOurs : packed.tag
    }

    mutating func remove(_ index: Int) {
        guard index < tags.count else { return }
        tags[index] = Self.none
        texts[index] = nil
    }

    private mutating func grow(to count: Int) {
        let missing = count - tags.count
        times.append(contentsOf: repeatElement(0, count: missing))
        payloads.append(contentsOf: repeatElement(0, count: missing))
        tags.append(contentsOf: repeatElement(Self.none, count: missing))
    }
}
