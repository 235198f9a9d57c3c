/// A canonical Huffman code of at most 12 bits a symbol: shorter codes come first, among those of one length the lower symbol.
/// Codes are kept with their bits reversed, as they lie in the stream.
enum PrefixCode {
    static let maximumLength = 12

    /// The length of each symbol's code, 0 for a symbol that does not occur. A single symbol has a code of one bit.
    ///
    /// - Parameter counts: how often each symbol occurs, at most 1,024 symbols and 2^40 in all.
    static func lengths(for counts: [Int]) -> [UInt8] {
        var lengths = [UInt8](repeating: 0, count: counts.count)
        // The count above, the symbol below: one sort of plain integers.
        var used: [UInt64] = []
        for (symbol, count) in counts.enumerated() where count > 0 { used.append(UInt64(count) << 10 | UInt64(symbol)) }
        guard used.count > 1 else {
            if let only = used.first { lengths[Int(only & 1023)] = 1 }
            return lengths
        }
        used.sort()
        var perLength = depths(used.map { Int($0 >> 10) })
        limit(&perLength)
        // The rarest symbols have the longest codes.
        var length = perLength.count - 1
        for item in used {
            while perLength[length] == 0 { length -= 1 }
            perLength[length] -= 1
            lengths[Int(item & 1023)] = UInt8(length)
        }
        return lengths
    }

    /// How many codes of each length a Huffman tree has: A. Moffat and J. Katajainen, "In-place calculation of minimum-redundancy
    /// codes".
    ///
    /// - Parameter counts: two or more, ascending.
    private static func depths(_ counts: [Int]) -> [Int] {
        var tree = counts
        let size = counts.count
        var (leaf, root) = (0, 0)
        func lightest(_ next: Int) -> Int {
            if leaf >= size || (root < next && tree[root] < tree[leaf]) {
                defer { root += 1 }
                let weight = tree[root]
                tree[root] = next
                return weight
            }
            defer { leaf += 1 }
            return tree[leaf]
        }
        for next in 0..<(size - 1) {
            let first = lightest(next)
            tree[next] = first + lightest(next)
        }
        return leafDepths(of: &tree, size)
    }

    /// - Parameter tree: for each inner node but the last, which is the root, its parent.
    private static func leafDepths(of tree: inout [Int], _ size: Int) -> [Int] {
        tree[size - 2] = 0
        for node in stride(from: size - 3, through: 0, by: -1) { tree[node] = tree[tree[node]] + 1 }
        var inner: [Int] = []
        for depth in tree[..<(size - 1)] {
            while inner.count <= depth { inner.append(0) }
            inner[depth] += 1
        }
        var perLength: [Int] = []
        var free = 1
        for depth in 0... {
            let nodes = depth < inner.count ? inner[depth] : 0
            perLength.append(free - nodes)
            free = nodes * 2
            if free == 0 { break }
        }
        return perLength
    }

    /// Shortens what is longer than `maximumLength` and lengthens other codes until they all fit.
    private static func limit(_ perLength: inout [Int]) {
        guard perLength.count > maximumLength + 1 else { return }
        perLength[maximumLength] = perLength[maximumLength...].reduce(0, +)
        perLength.removeLast(perLength.count - maximumLength - 1)
        let full = 1 << maximumLength
        var sum = 0
        for length in 1...maximumLength { sum += perLength[length] << (maximumLength - length) }
        while sum > full {
            // One of the longest joins a shorter one, which becomes two of the next length.
            perLength[maximumLength] -= 1
            for length in stride(from: maximumLength - 1, to: 0, by: -1) where perLength[length] > 0 {
                perLength[length] -= 1
                perLength[length + 1] += 2
                break
            }
            sum -= 1
        }
    }

    /// The reversed code of each symbol.
    static func codes(_ lengths: [UInt8]) -> [UInt16] {
        var next = [Int](repeating: 0, count: maximumLength + 2)
        for length in lengths where length > 0 { next[Int(length) + 1] += 1 }
        for length in 1...maximumLength { next[length + 1] += next[length] }
        // So far `next` counts symbols; now it becomes the first code of each length.
        var (code, before) = (0, 0)
        for length in 1...maximumLength {
            let count = next[length + 1] - before
            before = next[length + 1]
            next[length] = code
            code = (code + count) << 1
        }
        return lengths.map { length in
            guard length > 0 else { return 0 }
            defer { next[Int(length)] += 1 }
            return reversed(next[Int(length)], Int(length))
        }
    }

    private static func reversed(_ code: Int, _ length: Int) -> UInt16 {
        var (rest, result) = (code, 0)
        for _ in 0..<length {
            result = result << 1 | rest & 1
            rest >>= 1
        }
        return UInt16(truncatingIfNeeded: result)
    }
}
