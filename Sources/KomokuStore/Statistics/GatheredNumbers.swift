/// The numbers of a window, for its percentiles: all of them while they take 8 MiB, then how often each of them came, and where too
/// many of these differ, how many there are of about the same size.
struct GatheredNumbers {
    /// So many are kept as they are; an array that grows takes half as much again for a moment.
    static let exactLimit = 1 << 20
    /// So many sizes are told apart.
    private static let sizeLimit = 1 << 16
    private static let fewestSizes = 1 << 10

    private let limit: Int
    private let sizes: Int
    private var numbers: [Double] = []
    /// By size: the order of a number without its last `shift` bits.
    private var counts: [Int64: Int] = [:]
    private var shift: Int64 = 0
    private(set) var count = 0

    /// - Parameter shares: how many of them there are at one time.
    init(shares: Int = 1) {
        limit = Self.exactLimit / max(1, shares)
        sizes = max(Self.fewestSizes, Self.sizeLimit / max(1, shares))
    }

    /// By how much of itself a percentile may be off; nil where it is exact.
    var error: Double? {
        if shift == 0 { return nil }
        if shift <= 53 { return Double(sign: .plus, exponent: Int(shift) - 53, significand: 1) }
        // Several powers of two are one size.
        return Double(sign: .plus, exponent: 1 << (Int(shift) - 53), significand: 1) - 1
    }

    mutating func append(_ number: Double) {
        count += 1
        if counts.isEmpty, numbers.count < limit { return numbers.append(number) }
        countAll()
        add(1, at: Self.order(number) >> shift)
    }

    mutating func add(_ later: GatheredNumbers) {
        for number in later.numbers { append(number) }
        guard !later.counts.isEmpty else { return }
        countAll()
        count += later.count
        if later.shift > shift { coarsen(to: later.shift) }
        for (size, number) in later.counts { add(number, at: size >> (shift - later.shift)) }
    }

    // MARK: Counting

    private mutating func countAll() {
        guard !numbers.isEmpty else { return }
        let all = numbers
        numbers = []
        for number in all { add(1, at: Self.order(number) >> shift) }
    }

    private mutating func add(_ number: Int, at size: Int64) {
        counts[size, default: 0] += number
        if counts.count > sizes { coarsen(to: coarser) }
    }

    /// The least by which there are half as many sizes as may be.
    private var coarser: Int64 {
        let sorted = counts.keys.sorted()
        var (low, high) = (shift + 1, Int64(63))
        while low < high {
            let middle = (low + high) / 2
            let steps = zip(sorted, sorted.dropFirst()).count { $0 >> (middle - shift) != $1 >> (middle - shift) }
            if steps < sizes / 2 { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func coarsen(to coarser: Int64) {
        let distance = coarser - shift
        counts = Dictionary(counts.lazy.map { ($0.key >> distance, $0.value) }, uniquingKeysWith: +)
        shift = coarser
    }

    /// A whole number that grows with the number.
    private static func order(_ number: Double) -> Int64 {
        let bits = Int64(bitPattern: number.bitPattern)
        return bits < 0 ? .min - bits : bits
    }

    private static func number(_ order: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: order < 0 ? .min - order : order))
    }

    // MARK: Percentiles

    /// - Parameters:
    ///   - minimum: of all; what is told is never below it, nor above the maximum.
    func percentiles(_ percentages: [Double], minimum: Double, maximum: Double) -> [Double?] {
        if counts.isEmpty {
            let sorted = numbers.sorted()
            return percentages.map { Percentile.of(sorted, $0) }
        }
        let ranks = Ranks(counts)
        return percentages.map { percentage in
            Percentile.of(count, percentage) { rank in
                if rank == 0 { return minimum }
                if rank == count - 1 { return maximum }
                return min(max(middle(of: ranks.size(at: rank)), minimum), maximum)
            }
        }
    }

    private func middle(of size: Int64) -> Double {
        Self.number(shift == 0 ? size : (size << shift) &+ (1 << (shift - 1)))
    }

    private struct Ranks {
        private var sizes: [Int64] = []
        /// How many numbers there are up to each size.
        private var ends: [Int] = []

        init(_ counts: [Int64: Int]) {
            var end = 0
            for (size, count) in counts.sorted(by: { $0.key < $1.key }) {
                end += count
                sizes.append(size)
                ends.append(end)
            }
        }

        func size(at rank: Int) -> Int64 {
            var (low, high) = (0, sizes.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if ends[middle] <= rank { low = middle + 1 } else { high = middle }
            }
            return sizes[low]
        }
    }
}
