/// The numbers of a window, for its percentiles: all of them while they take 16 MiB with their sorted copy, then how many there are
/// of about the same size.
struct GatheredNumbers {
    /// So many are kept as they are.
    static let exactLimit = 1 << 20
    /// So many sizes are told apart; beyond that twice as coarsely.
    private static let sizeLimit = 1 << 16
    /// Bits of a number that are left out at first: 13 of the fraction's 52 are kept.
    private static let firstShift = 39

    private let limit: Int
    private var numbers: [Double] = []
    private var counts: [Int64: Int] = [:]
    private var shift = firstShift
    private(set) var count = 0

    /// - Parameter shares: how many of them there are at one time.
    init(shares: Int = 1) { limit = Self.exactLimit / max(1, shares) }

    /// By how much of itself a percentile may be off; nil where all numbers are known.
    var error: Double? { counts.isEmpty ? nil : Double(sign: .plus, exponent: shift - 53, significand: 1) }

    mutating func append(_ number: Double) {
        count += 1
        guard counts.isEmpty, numbers.count < limit else { return sketch(number) }
        numbers.append(number)
    }

    mutating func add(_ later: GatheredNumbers) {
        for number in later.numbers { append(number) }
        guard !later.counts.isEmpty else { return }
        sketchAll()
        while shift < later.shift { coarsen() }
        count += later.counts.values.reduce(0, +)
        for (size, number) in later.counts { add(number, at: size >> Int64(shift - later.shift)) }
    }

    private mutating func sketch(_ number: Double) {
        sketchAll()
        add(1, at: Self.order(number) >> Int64(shift))
    }

    private mutating func sketchAll() {
        for number in numbers { add(1, at: Self.order(number) >> Int64(shift)) }
        numbers = []
    }

    private mutating func add(_ number: Int, at size: Int64) {
        counts[size, default: 0] += number
        if counts.count > Self.sizeLimit { coarsen() }
    }

    private mutating func coarsen() {
        shift += 1
        counts = Dictionary(counts.map { ($0.key >> 1, $0.value) }, uniquingKeysWith: +)
    }

    /// A whole number that grows with the number.
    private static func order(_ number: Double) -> Int64 {
        let bits = Int64(bitPattern: number.bitPattern)
        return bits < 0 ? .min - bits : bits
    }

    private static func number(_ order: Int64) -> Double {
        Double(bitPattern: UInt64(bitPattern: order < 0 ? .min - order : order))
    }

    /// - Parameters:
    ///   - minimum: of all; what is told is never below it, nor above the maximum.
    func percentiles(_ percentages: [Double], minimum: Double, maximum: Double) -> [Double?] {
        if counts.isEmpty {
            let sorted = numbers.sorted()
            return percentages.map { Percentile.of(sorted, $0) }
        }
        let sizes = counts.sorted { $0.key < $1.key }
        return percentages.map { percentage in
            guard (0...100).contains(percentage) else { return nil }
            if percentage == 0 { return minimum }
            if percentage == 100 { return maximum }
            // The rank that is nearest: neighbours differ by less than the error as a rule.
            var rest = Int((percentage / 100 * Double(count - 1)).rounded())
            for (size, number) in sizes {
                if rest < number {
                    let middle = Self.number((size << Int64(shift)) &+ (1 << Int64(shift - 1)))
                    return Swift.min(Swift.max(middle, minimum), maximum)
                }
                rest -= number
            }
            return maximum
        }
    }
}
