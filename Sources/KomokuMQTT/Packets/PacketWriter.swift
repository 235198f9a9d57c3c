/// Makes packets, one behind another.
struct PacketWriter {
    private(set) var bytes: [UInt8] = []
    /// How many of them are written.
    private var start = 0

    var isEmpty: Bool { start == bytes.count }

    /// What is to be written.
    func withPending<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
    }

    /// So many bytes are written.
    mutating func drop(_ count: Int) {
        start += count
        guard start == bytes.count else { return }
        start = 0
        // What one large payload needed is given back.
        bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 17)
    }

    /// A packet of a first byte and what `body` writes.
    mutating func packet(_ kind: PacketKind, flags: UInt8 = 0, _ body: (inout PacketBody) -> Void) {
        var content = PacketBody()
        body(&content)
        bytes.append(kind.rawValue << 4 | flags)
        Self.appendVariable(content.bytes.count, to: &bytes)
        bytes += content.bytes
    }

    /// A packet that is nothing but an id.
    mutating func answer(_ kind: PacketKind, _ id: UInt16) {
        bytes.append(kind.rawValue << 4 | (kind.flags ?? 0))
        bytes.append(2)
        bytes.append(UInt8(truncatingIfNeeded: id >> 8))
        bytes.append(UInt8(truncatingIfNeeded: id))
    }

    static func appendVariable(_ value: Int, to bytes: inout [UInt8]) {
        var rest = value
        repeat {
            let byte = UInt8(rest & 0x7F)
            rest >>= 7
            bytes.append(byte | (rest > 0 ? 0x80 : 0))
        } while rest > 0
    }

    /// The most bytes that a packet may hold behind its length.
    static let largestBody = 268_435_455
}

/// The content of a packet that is being made.
struct PacketBody {
    private(set) var bytes: [UInt8] = []

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func integer16(_ value: UInt16) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    mutating func integer32(_ value: UInt32) {
        integer16(UInt16(truncatingIfNeeded: value >> 16))
        integer16(UInt16(truncatingIfNeeded: value))
    }

    mutating func raw(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// Two bytes of length and the text; a longer one than fits is cut, which callers exclude.
    mutating func block(_ content: some Collection<UInt8>) {
        let fitting = content.prefix(Int(UInt16.max))
        integer16(UInt16(fitting.count))
        bytes.append(contentsOf: fitting)
    }

    mutating func text(_ text: String) { block(text.utf8) }

    mutating func properties(_ body: (inout PacketBody) -> Void) {
        var content = PacketBody()
        body(&content)
        PacketWriter.appendVariable(content.bytes.count, to: &bytes)
        bytes += content.bytes
    }

    mutating func variable(_ value: UInt32) { PacketWriter.appendVariable(Int(value), to: &bytes) }
}
