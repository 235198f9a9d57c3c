import Komoku

extension Block {
    /// Where a block that begins at `start` must end: not too many points, not too much text.
    static func end(of columns: PointColumns, from start: Int) -> Int {
        let end = min(columns.count, start + maximumCount)
        if columns.texts.isEmpty { return end }
        var text = 0
        for index in start..<end {
            if columns.kind(at: index) == .string, case .string(let string)? = columns.value(at: index) {
                text += string.utf8.count
            }
            if text > textLimit { return max(start + 1, index) }
        }
        return end
    }

    /// How many points encoded bytes say that they hold; 0 where they cannot be read.
    static func count(of data: [UInt8]) -> Int {
        guard data.count > 5 else { return 0 }
        var reader = ByteReader(data[1...])
        return (try? reader.run(upTo: maximumCount)) ?? 0
    }
}
