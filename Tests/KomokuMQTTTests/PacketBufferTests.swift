import KomokuTesting
import Testing

@testable import KomokuMQTT

@Suite struct PacketBufferTests {
    /// What was cut out, in words.
    private func steps(_ bytes: [UInt8], maximum: Int, pieces: inout SplitMix) throws -> [String] {
        let buffer = PacketBuffer(maximum: maximum)
        var (found, offset) = ([String](), 0)
        while offset < bytes.count {
            let space = buffer.space
            let count = min(Int.random(in: 1...5000, using: &pieces), bytes.count - offset, space.count)
            space.copyBytes(from: bytes[offset..<(offset + count)])
            buffer.added(count)
            offset += count
            var isComplete = false
            while !isComplete {
                switch try buffer.next() {
                case .packet(let kind, let flags, let body): found.append("\(kind) \(flags) \(body.count)")
                case .oversized(_, _, let length): found.append("too large \(length)")
                case .incomplete: isComplete = true
                }
            }
        }
        return found
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `packets are found however they are cut into pieces`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        var (bytes, expected) = ([UInt8](), [String]())
        for _ in 0..<50 {
            let size = Int.random(in: 0...(Bool.random(using: &random) ? 200 : 40_000), using: &random)
            let packet = BrokerPackets.publish("t", [UInt8](repeating: 1, count: size))
            bytes += packet
            let body = size + 4
            expected.append(body > 20_000 ? "too large \(body)" : "publish 0 \(body)")
            bytes += [0xD0, 0]
            expected.append("pingresp 0 0")
        }
        #expect(try steps(bytes, maximum: 20_000, pieces: &random) == expected)
    }

    @Test(arguments: [[0, 0], [0x11, 0], [0x30, 0xFF, 0xFF, 0xFF, 0x80], [0x60, 0], [0x41, 0]] as [[UInt8]])
    func `what is no packet is refused`(bytes: [UInt8]) {
        var random = SplitMix(seed: 1)
        #expect(throws: MalformedPacket.self) { try steps(bytes, maximum: 100, pieces: &random) }
    }

    @Test func `only messages may be too large`() {
        var random = SplitMix(seed: 1)
        let bytes = [0x90] + BrokerPackets.length(300) + [UInt8](repeating: 0, count: 300)
        #expect(throws: MalformedPacket.self) { try steps(bytes, maximum: 200, pieces: &random) }
    }
}
