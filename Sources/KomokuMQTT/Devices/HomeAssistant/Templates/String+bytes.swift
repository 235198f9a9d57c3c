internal import KomokuExpression

extension String {
    /// Where a part begins, in bytes, from left to right without overlaps; none for an empty part. Takes time in proportion
    /// to the text, whatever the two are.
    func starts(ofBytes part: String, limit: Int = .max) -> [Int] {
        part.utf8.count > utf8.count ? [] : TextSearch(Array(part.utf8)).all(in: Array(utf8), limit: limit)
    }

    /// The parts between separators of so many bytes.
    func parts(between starts: [Int], length: Int) -> [String] {
        let bytes = Array(utf8)
        var parts: [String] = []
        var index = 0
        for start in starts {
            parts.append(String(decoding: bytes[index..<start], as: UTF8.self))
            index = start + length
        }
        return parts + [String(decoding: bytes[index...], as: UTF8.self)]
    }
}
