/// What a disk holds of a file after a power cut: what was synced, and the operations since of which each may be there or not.
struct FaultDiskImage {
    private(set) var durable: [UInt8] = []
    /// Indices of recorded operations, in order.
    private(set) var pending: [Int] = []

    /// What a disk tears a write at. Bytes beside those that are written are never touched ("powersafe overwrite").
    static let sector = 512

    mutating func add(_ operation: Int) { pending.append(operation) }

    mutating func begin(_ bytes: UnsafeRawBufferPointer) { durable = Array(bytes) }

    /// All that is pending is on the disk now.
    mutating func sync(_ disk: FaultDisk) {
        for index in pending { Self.apply(disk.operation(index), to: &durable) }
        pending = []
    }

    /// What is pending is on the disk in part, and nobody will write the rest: a sync that failed.
    mutating func lose(_ disk: FaultDisk, _ random: inout SplitMix) {
        durable = content(disk, .torn, keeping: 0, &random)
        pending = []
    }

    /// - Parameter boundary: for `.tail`, the operation from which on nothing is kept.
    func content(
        _ disk: FaultDisk, _ loss: PowerCuts.Loss, keeping boundary: Int, _ random: inout SplitMix
    ) -> [UInt8] {
        var bytes = durable
        let garbage = UInt8.random(in: 0...3, using: &random) == 0
        for index in pending {
            let operation = disk.operation(index)
            switch loss {
            case .everything: continue
            case .nothing: Self.apply(operation, to: &bytes)
            case .tail: if index < boundary { Self.apply(operation, to: &bytes) }
            case .torn: Self.tear(operation, &bytes, garbage: garbage, &random)
            }
        }
        return bytes
    }

    private static func apply(_ operation: FaultDisk.Operation, to bytes: inout [UInt8]) {
        if operation.kind == .truncate { return resize(&bytes, to: operation.offset) }
        write(operation.bytes, at: operation.offset, &bytes)
    }

    private static func resize(_ bytes: inout [UInt8], to size: Int) {
        if size < bytes.count {
            bytes.removeLast(bytes.count - size)
        } else {
            bytes.append(contentsOf: repeatElement(0, count: size - bytes.count))
        }
    }

    private static func write(_ source: UnsafeRawBufferPointer, at offset: Int, _ bytes: inout [UInt8]) {
        guard !source.isEmpty else { return }
        if offset + source.count > bytes.count { resize(&bytes, to: offset + source.count) }
        bytes.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<(offset + source.count)]).copyMemory(from: source)
        }
    }

    /// Drops, keeps or tears one operation.
    private static func tear(
        _ operation: FaultDisk.Operation, _ bytes: inout [UInt8], garbage: Bool, _ random: inout SplitMix
    ) {
        let fate = UInt8.random(in: 0..<4, using: &random)
        if fate == 0 { return }
        if fate == 1 || operation.kind == .truncate { return apply(operation, to: &bytes) }
        let before = bytes.count
        var start = 0
        while start < operation.bytes.count {
            let place = operation.offset + start
            let end = min(operation.bytes.count, start + sector - place % sector)
            let part = UnsafeRawBufferPointer(rebasing: operation.bytes[start..<end])
            tear(part, at: place, &bytes, garbage: garbage && place >= before, &random)
            start = end
        }
    }

    /// One sector, or the part of it that was written: kept, dropped, or written up to some byte.
    private static func tear(
        _ part: UnsafeRawBufferPointer, at place: Int, _ bytes: inout [UInt8], garbage: Bool, _ random: inout SplitMix
    ) {
        switch UInt8.random(in: 0..<16, using: &random) {
        case 0..<8: write(part, at: place, &bytes)
        case 8:
            let cut = Int.random(in: 0...part.count, using: &random)
            write(UnsafeRawBufferPointer(rebasing: part[..<cut]), at: place, &bytes)
        case 9 where garbage:
            // The size of a file can reach the disk before the bytes that made it grow.
            let noise = (0..<part.count).map { _ in UInt8.random(in: 0...255, using: &random) }
            noise.withUnsafeBytes { write($0, at: place, &bytes) }
        default: break
        }
    }
}
