/// Version 1 of blocks: ascending times as differences of differences; a steady rhythm is one run of zeros.
enum TimeColumn {
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
