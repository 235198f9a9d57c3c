/// Cuts what comes from a broker into packets, and lets those go by that are too large, without keeping them.
final class PacketBuffer {
    enum Step {
        /// Its content is valid until the next call.
        case packet(PacketKind, flags: UInt8, UnsafeRawBufferPointer)
        /// A PUBLISH that is too large: how it begins, and how long it is.
        case oversized(flags: UInt8, UnsafeRawBufferPointer, length: Int)
        case incomplete
    }

    /// The most bytes of a packet behind its length.
    private let maximum: Int
    private var bytes: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// So many bytes of a packet that is too large are still to come.
    private var skipped = 0

    private static let usualSize = 1 << 16
    /// How much of a packet that is too large is looked at, behind its topic.
    private static let glance = 1 << 10

    init(maximum: Int) {
        self.maximum = maximum
        bytes = .allocate(byteCount: Self.usualSize, alignment: 16)
    }

    deinit {
        bytes.deallocate()
    }

    /// Whether nothing waits, not even the beginning of a packet; one that goes by may have more to come.
    var isEmpty: Bool { start == end }

    /// Where to put what comes.
    var space: UnsafeMutableRawBufferPointer {
        if start > 0 {
            bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            (start, end) = (0, end - start)
        }
        if end == 0, bytes.count > 4 * Self.usualSize { resize(to: Self.usualSize) }
        if bytes.count - end < Self.usualSize / 4 { resize(to: bytes.count * 2) }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
    }

    private func resize(to size: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
        bytes.deallocate()
        bytes = larger
    }

    /// So many bytes were put into `space`.
    func added(_ count: Int) {
        end += count
        dropSkipped()
    }

    private func dropSkipped() {
        let count = min(skipped, end - start)
        start += count
        skipped -= count
    }

    func next() throws(MalformedPacket) -> Step {
        var fields = PacketFields(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        guard skipped == 0, fields.rest.count >= 2 else { return .incomplete }
        let first = try fields.byte()
        guard let kind = PacketKind(rawValue: first >> 4), kind.flags.map({ $0 == first & 15 }) ?? true else {
            throw MalformedPacket("a packet of an unknown type")
        }
        guard let length = try Self.length(&fields) else { return .incomplete }
        if length > maximum { return try oversized(kind, flags: first & 15, length, fields) }
        guard fields.rest.count >= length else { return .incomplete }
        let body = try fields.bytes(length)
        start = end - fields.rest.count
        return .packet(kind, flags: first & 15, body)
    }

    /// - Returns: nil where not all of it is here.
    private static func length(_ fields: inout PacketFields) throws(MalformedPacket) -> Int? {
        let available = fields.rest.prefix(4)
        if available.count < 4, available.allSatisfy({ $0 & 0x80 != 0 }) { return nil }
        return Int(try fields.variable())
    }

    private func oversized(
        _ kind: PacketKind, flags: UInt8, _ length: Int, _ fields: PacketFields
    ) throws(MalformedPacket) -> Step {
        guard kind == .publish else { throw MalformedPacket("a \(kind.name) of \(length) bytes", code: 0x95) }
        let here = fields.rest
        guard here.count >= 2 else { return .incomplete }
        let topic = Int(here[0]) << 8 | Int(here[1])
        let wanted = min(length, 2 + topic + 2 + Self.glance)
        guard here.count >= wanted else { return .incomplete }
        start = end - here.count
        skipped = length
        dropSkipped()
        return .oversized(flags: flags, UnsafeRawBufferPointer(rebasing: here[..<wanted]), length: length)
    }
}
