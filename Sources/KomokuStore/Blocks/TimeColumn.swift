/// Ascending times as differences of differences; a steady rhythm is one run of zeros.
enum TimeColumn {
    static func encode(_ times: some Sequence<Int64>, into writer: inout ByteWriter) {
        var previous: Int64?
        var delta: Int64 = 0
        var zeros = 0
        for time in times {
            guard let before = previous else {
                writer.zigzag(time)
                previous = time
                continue
            }
            let next = time &- before
            if next == delta {
                zeros += 1
            } else {
                flush(&zeros, into: &writer)
                writer.zigzag(next &- delta)
            }
            (previous, delta) = (time, next)
        }
        flush(&zeros, into: &writer)
    }

    private static func flush(_ zeros: inout Int, into writer: inout ByteWriter) {
        guard zeros > 0 else { return }
        writer.byte(0)
        writer.varint(zeros)
        zeros = 0
    }

    static func decode(count: Int, from reader: inout ByteReader) throws(Corruption) -> [Int64] {
        var times: [Int64] = []
        times.reserveCapacity(count)
        var time = try reader.zigzag()
        times.append(time)
        var delta: Int64 = 0
        while times.count < count {
            let change = try reader.zigzag()
            let length = change == 0 ? try reader.run(upTo: count - times.count) : 1
            delta = delta &+ change
            for _ in 0..<length {
                let next = time &+ delta
                guard next > time else { throw Corruption("its times do not ascend") }
                time = next
                times.append(time)
            }
        }
        return times
    }
}
