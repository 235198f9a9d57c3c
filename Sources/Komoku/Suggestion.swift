/// Finds the known word that a misspelt one probably meant.
public enum Suggestion {
    /// The most candidates that one question looks at. Most are told apart by their length or letters, in some 20 ns each.
    public static let maximumCandidates = 20_000

    /// The candidate nearest to `word` by edit distance, or nil where none is near enough to be worth saying.
    ///
    /// Near enough is one change in a short word, two from five letters on, three from nine on. Only the first 64 letters count.
    public static func closest(to word: String, in candidates: some Sequence<String>) -> String? {
        let wanted = Spelling(word)
        let count = wanted.letters.count
        var limit = count < 5 ? 1 : count < 9 ? 2 : 3
        var best: String?
        for candidate in candidates.prefix(maximumCandidates) where mayBeNear(candidate, count, limit) {
            let spelling = Spelling(candidate)
            guard (wanted.signature ^ spelling.signature).nonzeroBitCount <= 2 * limit,
                let distance = distance(wanted.letters, spelling.letters, upTo: limit)
            else { continue }
            best = candidate
            if distance == 0 { break }
            // Of two that are equally near the first counts.
            limit = distance - 1
        }
        return best
    }

    /// `did you mean 'topic'?`, or nil where no candidate is near.
    public static func question(for word: String, in candidates: some Sequence<String>) -> String? {
        closest(to: word, in: candidates).map { "did you mean '\($0)'?" }
    }

    /// A letter takes one to four bytes, so that the length alone tells most apart.
    private static func mayBeNear(_ candidate: String, _ count: Int, _ limit: Int) -> Bool {
        let bytes = candidate.utf8.count
        return min(bytes, Spelling.longest) + limit >= count && min(bytes / 4, Spelling.longest) <= count + limit
    }

    /// The Damerau-Levenshtein distance (optimal string alignment): a swap of neighbours counts once.
    ///
    /// Only what is near the diagonal can end within the limit (Ukkonen 1985).
    ///
    /// - Returns: nil where it is above the limit.
    static func distance(_ a: [UInt32], _ b: [UInt32], upTo limit: Int) -> Int? {
        guard abs(a.count - b.count) <= limit else { return nil }
        let far = limit + 1
        var before = [Int](repeating: far, count: b.count + 1)
        var previous = (0...b.count).map { min($0, far) }
        var current = before
        for i in 0..<a.count {
            var least = far
            current[0] = min(i + 1, far)
            let (low, high) = (max(0, i - limit), min(b.count, i + limit + 1))
            if low > 0 { current[low] = far }
            for j in low..<max(low, high) {
                var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                current[j + 1] = min(cost, far)
                least = min(least, current[j + 1])
            }
            if high < b.count { current[high + 1] = far }
            // A swap reaches back over one row.
            guard min(least, current[0]) <= limit || previous.contains(where: { $0 < limit }) else { return nil }
            (before, previous, current) = (previous, current, before)
        }
        return previous[b.count] <= limit ? previous[b.count] : nil
    }
}

/// A word as far as it is compared: in small letters, the first 64 of them.
private struct Spelling {
    static let longest = 64

    private(set) var letters: [UInt32] = []
    /// Which letters there are, folded into 64 bits: one change alters two of them at most.
    private(set) var signature: UInt64 = 0

    init(_ word: String) {
        letters.reserveCapacity(min(word.utf8.count, Self.longest))
        if word.utf8.allSatisfy({ $0 < 0x80 }) {
            for byte in word.utf8.prefix(Self.longest) { add(UInt32(0x41...0x5A ~= byte ? byte | 0x20 : byte)) }
        } else {
            for scalar in word.lowercased().unicodeScalars.prefix(Self.longest) { add(scalar.value) }
        }
    }

    private mutating func add(_ letter: UInt32) {
        letters.append(letter)
        signature |= 1 << UInt64(letter & 63)
    }
}
