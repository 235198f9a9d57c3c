/// Finds a part in a text in linear time, whatever the two are (Knuth, Morris and Pratt).
package struct TextSearch {
    private let part: [UInt8]
    /// For each byte of the part: the longest proper start of it that ends there.
    private let borders: [Int]

    package init(_ part: [UInt8]) {
        self.part = part
        var borders = [Int](repeating: 0, count: part.count)
        var length = 0
        for index in part.indices.dropFirst() {
            while length > 0, part[index] != part[length] { length = borders[length - 1] }
            if part[index] == part[length] { length += 1 }
            borders[index] = length
        }
        self.borders = borders
    }

    /// Where the part begins first; 0 for an empty part.
    func first(in text: [UInt8]) -> Int? {
        part.isEmpty ? 0 : find(in: text, limit: 1).first
    }

    /// Where the part begins, from left to right without overlaps; none for an empty part.
    ///
    /// - Parameter limit: the most places.
    package func all(in text: [UInt8], limit: Int = .max) -> [Int] {
        part.isEmpty || limit <= 0 ? [] : find(in: text, limit: limit)
    }

    private func find(in text: [UInt8], limit: Int) -> [Int] {
        var found: [Int] = []
        var length = 0
        for (index, byte) in text.enumerated() {
            while length > 0, byte != part[length] { length = borders[length - 1] }
            if byte == part[length] { length += 1 }
            guard length == part.count else { continue }
            found.append(index + 1 - length)
            if found.count == limit { return found }
            length = 0
        }
        return found
    }
}
