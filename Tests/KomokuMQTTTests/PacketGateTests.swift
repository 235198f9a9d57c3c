import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct PacketGateTests {
    /// What the gate lets through of a stream that comes in pieces, in words.
    private func steps(_ bytes: [UInt8], maximum: Int, pieces: inout SplitMix) throws -> [String] {
        let gate = PacketGate(maximum: maximum, isFive: true)
        var (found, read, here) = ([String](), 0, 0)
        while read < bytes.count {
            here = min(bytes.count, max(here, read) + Int.random(in: 1...5000, using: &pieces))
            var isDry = false
            while !isDry {
                let step = try gate.next { space in
                    let count = min(space.count, here - read)
                    space.copyBytes(from: bytes[read..<(read + count)])
                    return count > 0 ? .bytes(count) : .dry
                }
                // What is read here, libmosquitto reads in its place.
                switch step {
                case .packet(let head):
                    let size = Self.size(bytes[read...])
                    found.append("\(head.kind) \(size)")
                    read += size
                case .begun(let head):
                    let size = Self.size(bytes[read...])
                    found.append("\(head.kind) \(size)")
                    read += size
                    here = max(here, read)
                case .refused(_, let length):
                    found.append("refused \(length)")
                    read += length
                    here = max(here, read)
                case .incomplete, .dry, .closed: isDry = true
                }
            }
        }
        return found
    }

    /// Of the packet at the start.
    private static func size(_ bytes: ArraySlice<UInt8>) -> Int {
        var (length, shift, index) = (0, 0, bytes.startIndex + 1)
        while true {
            length |= Int(bytes[index] & 127) << shift
            shift += 7
            index += 1
            if bytes[index - 1] < 128 { return index - bytes.startIndex + length }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `packets are found however they come`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var bytes = BrokerPackets.accepted()
        var expected = ["connack \(bytes.count)"]
        for _ in 0..<50 {
            let size = Int.random(in: 0...(Bool.random(using: &random) ? 200 : 90_000), using: &random)
            let packet = BrokerPackets.publish("t", [UInt8](repeating: 1, count: size))
            bytes += packet + [0xD0, 0]
            expected.append((size + 4 > 60_000 ? "refused " : "publish ") + "\(packet.count)")
            expected.append("pingresp 2")
        }
        #expect(try steps(bytes, maximum: 60_000, pieces: &random) == expected)
    }

    @Test(
        arguments: [
            [0, 0], [0x11, 0], [0x30, 0xFF, 0xFF, 0xFF, 0x80], [0x60, 0], [0x41, 0], [0x34, 6, 0, 1, 116, 0, 1, 0],
            [0x30, 6, 0, 1, 116, 2, 0x7F, 1], [0x40, 6, 0, 1, 0, 2, 0x7F, 1], [0xE0, 4, 0, 2, 0x7F, 1],
            [0x20, 3, 0, 0, 0], [0xF0, 2, 0, 0], [0x30, 7, 0, 1, 116, 3, 35, 0, 1],
        ] as [[UInt8]])
    func `what a broker must not send is refused`(bytes: [UInt8]) {
        var random = SplitMix(seed: 1)
        #expect(throws: MalformedPacket.self) {
            try steps(BrokerPackets.accepted() + bytes, maximum: 100, pieces: &random)
        }
    }

    @Test func `only messages may be too large, and only after CONNACK`() {
        var random = SplitMix(seed: 1)
        let bytes = [0x90] + BrokerPackets.length(300) + [UInt8](repeating: 0, count: 300)
        let large = BrokerPackets.publish("t", [UInt8](repeating: 0, count: 300))
        #expect(throws: MalformedPacket.self) {
            try steps(BrokerPackets.accepted() + bytes, maximum: 200, pieces: &random)
        }
        #expect(throws: MalformedPacket.self) { try steps(large, maximum: 200, pieces: &random) }
    }
}
