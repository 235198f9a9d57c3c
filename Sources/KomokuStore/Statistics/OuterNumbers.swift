/// Up to three numbers, without a heap.
struct OuterNumbers: Hashable, Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private(set) var count = 0
    private var a = 0.0
    private var b = 0.0
    private var c = 0.0

    static let capacity = 3

    init() {}

    init(arrayLiteral elements: Double...) {
        for element in elements.prefix(Self.capacity) { append(element) }
    }

    var startIndex: Int { 0 }
    var endIndex: Int { count }

    @inline(__always)
    subscript(index: Int) -> Double { index == 0 ? a : index == 1 ? b : c }

    var third: Double? { count > 2 ? c : nil }

    /// A fourth number is dropped.
    @inline(__always)
    mutating func append(_ number: Double) {
        switch count {
        case 0: a = number
        case 1: b = number
        case 2: c = number
        default: return
        }
        count += 1
    }

    @inline(__always)
    static func + (left: OuterNumbers, right: some Sequence<Double>) -> OuterNumbers {
        var sum = left
        for number in right { sum.append(number) }
        return sum
    }

    /// The first two, and the third only where there is a drop.
    var head: OuterNumbers { count > 2 && !drops ? [a, b] : self }

    /// The last two, and the one before only where there is a drop.
    var tail: OuterNumbers { count > 2 && !drops ? [b, c] : self }

    private var drops: Bool { b < a || c < b }
}
