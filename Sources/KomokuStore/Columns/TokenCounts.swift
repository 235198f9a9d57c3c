import Glibc

/// How often each symbol occurs in a column, and so what the column costs under a prefix code.
struct TokenCounts {
    let alphabet: TokenAlphabet
    /// Of numbers; zeros are counted both as numbers and as runs.
    private var counts: [Int]
    private var extraBits = 0
    private var runExtraBits = 0

    init(_ numbers: [UInt64], _ alphabet: TokenAlphabet) {
        self.alphabet = alphabet
        counts = [Int](repeating: 0, count: alphabet.count)
        let direct = 1 << UInt64(alphabet.split)
        var zeros = 0
        counts.withUnsafeMutableBufferPointer { counts in
            for number in numbers {
                let symbol = alphabet.symbol(number)
                counts[symbol] += 1
                if number >= direct { extraBits += 61 - number.leadingZeroBitCount }
                if number == 0 {
                    zeros += 1
                } else if zeros > 0 {
                    runExtraBits += Self.add(run: zeros, alphabet, to: counts)
                    zeros = 0
                }
            }
            if zeros > 0 { runExtraBits += Self.add(run: zeros, alphabet, to: counts) }
        }
    }

    @inline(__always)
    private static func add(run: Int, _ alphabet: TokenAlphabet, to counts: UnsafeMutableBufferPointer<Int>) -> Int {
        let symbol = alphabet.runSymbol(run)
        counts[symbol] += 1
        return symbol - alphabet.numbers
    }

    /// The counts for one of the two ways to write zeros.
    func symbols(zerosAsRuns: Bool) -> [Int] {
        var counts = counts
        if zerosAsRuns {
            counts[0] = 0
        } else {
            for symbol in alphabet.numbers..<alphabet.count { counts[symbol] = 0 }
        }
        return counts
    }

    /// What the column takes in bits, the code's own lengths included, estimated.
    func cost(zerosAsRuns: Bool) -> Double {
        let counts = symbols(zerosAsRuns: zerosAsRuns)
        let used = counts.reduce(0) { $0 + ($1 > 0 ? 1 : 0) }
        // Each symbol's length takes some two bits.
        let rest = Double(extraBits + (zerosAsRuns ? runExtraBits : 0)) + 14 + 2.2 * Double(used)
        return rest + (used <= Self.fewSymbols ? Self.exactBits(counts) : Self.entropy(counts))
    }

    /// Up to so many symbols a code is quickly made, and the fewer there are, the farther it is from the entropy.
    private static let fewSymbols = 32

    private static func exactBits(_ counts: [Int]) -> Double {
        Double(zip(counts, PrefixCode.lengths(for: counts)).reduce(0) { $0 + $1.0 * Int($1.1) })
    }

    private static func entropy(_ counts: [Int]) -> Double {
        var (total, bits) = (0, 0.0)
        for count in counts where count > 0 {
            total += count
            bits -= Double(count) * log2(Double(count))
        }
        return total > 0 ? bits + Double(total) * log2(Double(total)) : 0
    }
}
