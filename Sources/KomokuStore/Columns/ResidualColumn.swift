/// What is left of a column's numbers when what can be foreseen of them is taken away: unsigned, most of them small.
enum ResidualColumn {
    /// Stored: never renumber.
    enum Coder: UInt8 {
        /// All are zero.
        case zeros = 0
        /// All with the same number of bits.
        case packed = 1
        case rice = 2
        case tokens = 3
        case tokensAndRuns = 4
        case groups = 5
    }

    /// How a column is written best.
    struct Plan {
        fileprivate(set) var coder = Coder.zeros
        /// The bits of each number (packed), or those below the quotient (Rice).
        fileprivate var width = 0
        /// What it takes, estimated, in bits.
        fileprivate(set) var cost = 0.0
        fileprivate var counts: TokenCounts?
        fileprivate var groups: GroupColumn?

        /// Up to so many numbers the lengths of a prefix code cost more than it gains.
        private static let shortestCoded = 48
        static let longestRice = 1024

        init(_ numbers: [UInt64]) {
            let union = numbers.reduce(0) { $0 | $1 }
            guard union != 0 else { return }
            let widest = 64 - union.leadingZeroBitCount
            coder = .packed
            width = widest
            cost = Double(8 + numbers.count * widest)
            // Elsewhere its lengths cost the prefix code little.
            if numbers.count <= Self.longestRice { considerRice(numbers) }
            if numbers.count >= Self.shortestCoded { considerCodes(numbers, widest) }
        }

        private mutating func considerCodes(_ numbers: [UInt64], _ widest: Int) {
            let counts = TokenCounts(numbers, .integers)
            self.counts = counts
            consider(.tokens, cost: counts.cost(zerosAsRuns: false))
            consider(.tokensAndRuns, cost: counts.cost(zerosAsRuns: true))
            guard widest <= 4, let groups = GroupColumn(numbers, maximum: numbers.max() ?? 0) else { return }
            self.groups = groups
            consider(.groups, cost: groups.cost)
        }

        private mutating func consider(_ coder: Coder, cost: Double) {
            if cost < self.cost { (self.coder, self.cost) = (coder, cost) }
        }

        private mutating func considerRice(_ numbers: [UInt64]) {
            let sum = numbers.reduce(0.0) { $0 + Double($1) }
            let mean = UInt64(min(sum / Double(numbers.count), 0x1p62))
            let middle = 64 - mean.leadingZeroBitCount
            for width in max(0, middle - 2)...middle {
                let bits = 8 + numbers.reduce(0) { $0 + RiceCode.bits($1, width: width) }
                if Double(bits) < cost { (coder, self.width, cost) = (.rice, width, Double(bits)) }
            }
        }
    }

    static func write(_ numbers: [UInt64], _ plan: Plan, into writer: inout ByteWriter) {
        switch plan.coder {
        case .zeros: break
        case .packed:
            writer.byte(UInt8(plan.width))
            var bits = BitWriter(capacity: numbers.count * plan.width / 8 + 8)
            for number in numbers { bits.writeLong(number, count: plan.width) }
            writer.raw(bits.finish())
        case .rice:
            writer.byte(UInt8(plan.width))
            var bits = BitWriter(capacity: numbers.count + 8)
            for number in numbers { RiceCode.write(number, width: plan.width, into: &bits) }
            writer.raw(bits.finish())
        case .tokens, .tokensAndRuns:
            guard let counts = plan.counts else { return }
            TokenColumn.write(numbers, counts, zerosAsRuns: plan.coder == .tokensAndRuns, into: &writer)
        case .groups: plan.groups?.encode(into: &writer)
        }
    }

    /// Fills all of `numbers`, which holds zeros.
    static func read(
        _ coder: Coder, into numbers: UnsafeMutableBufferPointer<UInt64>, from reader: inout ByteReader
    ) throws(Corruption) {
        switch coder {
        case .zeros: break
        case .packed:
            let width = try reader.count(upTo: 64)
            try reader.bits { bits throws(Corruption) in
                for index in numbers.indices { numbers[index] = bits.read(width) }
            }
        case .rice:
            let width = try reader.count(upTo: RiceCode.maximumWidth)
            try reader.bits { bits throws(Corruption) in
                for index in numbers.indices { numbers[index] = RiceCode.read(width: width, from: &bits) }
            }
        case .tokens, .tokensAndRuns:
            try reader.bits { bits throws(Corruption) in try TokenColumn.read(.integers, into: numbers, from: &bits) }
        case .groups: try GroupColumn.decode(into: numbers, from: &reader)
        }
    }
}

/// A number as a quotient in unary and the bits below it. For short columns: there is no table to store.
private enum RiceCode {
    static let maximumWidth = 63
    /// So many ones mean that the whole number follows.
    private static let escape = 24

    @inline(__always)
    static func bits(_ number: UInt64, width: Int) -> Int {
        let quotient = number >> UInt64(width)
        return quotient < UInt64(escape) ? Int(quotient) + 1 + width : escape + 64
    }

    @inline(__always)
    static func write(_ number: UInt64, width: Int, into bits: inout BitWriter) {
        let quotient = number >> UInt64(width)
        guard quotient < UInt64(escape) else {
            bits.write((1 << UInt64(escape)) - 1, count: escape)
            bits.writeLong(number, count: 64)
            return
        }
        bits.write((1 << quotient) - 1, count: Int(quotient) + 1)
        bits.writeLong(number & ((1 << UInt64(width)) - 1), count: width)
    }

    @inline(__always)
    static func read(width: Int, from bits: inout BitReader) -> UInt64 {
        bits.refill()
        let ones = (~bits.ahead).trailingZeroBitCount
        guard ones < escape else {
            bits.skip(escape)
            return bits.read(64)
        }
        bits.skip(ones + 1)
        return UInt64(ones) << UInt64(width) | bits.read(width)
    }
}
