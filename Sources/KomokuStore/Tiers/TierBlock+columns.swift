extension TierBlock {
    /// Exact, as 10 to the power of 22 still is.
    private static let powers: [Double] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12]

    static func power(_ decimals: Int) -> Double { powers[decimals] }

    static func squared(_ divisor: Int64) -> [Int64] {
        divisor < 1 << 20 ? [divisor * divisor, divisor, 1] : [1]
    }

    static func products(_ divisor: Int64, _ grid: Int64) -> [Int64] {
        let (product, overflow) = divisor.multipliedReportingOverflow(by: grid)
        return (overflow ? [] : [product]) + [grid, 1]
    }

    /// Doubles, exact to the bit, infinities too.
    enum ExactColumn {
        static func write(_ numbers: [Double], into writer: inout ByteWriter) {
            let isFinite = numbers.allSatisfy(\.isFinite)
            writer.byte(isFinite ? 1 : 2)
            if isFinite {
                DoubleColumn.encode(numbers, into: &writer)
            } else {
                IntegerColumn.encode(numbers.map { Int64(bitPattern: $0.bitPattern) }, into: &writer)
            }
        }

        static func read(_ count: Int, from reader: inout ByteReader) throws(Corruption) -> [Double] {
            try read(form: try reader.byte(), count, from: &reader)
        }

        static func read(form: UInt8, _ count: Int, from reader: inout ByteReader) throws(Corruption) -> [Double] {
            switch form {
            case 1: return try DoubleColumn.decode(count: count, from: &reader)
            case 2:
                let bits = try IntegerColumn.decode(count: count, from: &reader)
                return bits.map { Double(bitPattern: UInt64(bitPattern: $0)) }
            default: throw Corruption("a form of a column is unknown")
            }
        }
    }

    /// Sums of decimals as whole numbers: each is so many times the grid, in the last decimal.
    struct SumColumn {
        var grid: Int64
        var numbers: [Int64]
    }
}

extension TierBlock.SumColumn {
    /// Far from where the doubles have gaps of one, so that writing what was read gives the same again.
    private static let limit = 0x1p51

    /// With the first grid on which all values lie, each within the error of adding it up; nil where there is none.
    init?(_ values: [Double], grids: [Int64], decimals: Int, errors: [Double]) {
        for grid in grids {
            if let numbers = Self.numbers(values, grid, decimals, errors) {
                (self.grid, self.numbers) = (grid, numbers)
                return
            }
        }
        return nil
    }

    private static func numbers(_ values: [Double], _ grid: Int64, _ decimals: Int, _ errors: [Double]) -> [Int64]? {
        let (power, step) = reduced(grid, decimals)
        let quarter = step / power / 4
        var numbers: [Int64] = []
        numbers.reserveCapacity(values.count)
        for (value, error) in zip(values, errors) {
            let number = (value * power / step).rounded()
            guard (number * step).magnitude < limit,
                (number * step / power - value).magnitude <= min(error, quarter)
            else { return nil }
            numbers.append(Int64(number))
        }
        return numbers
    }

    /// 10 to the power of the decimals, and the grid: both without the tens that they share.
    private static func reduced(_ grid: Int64, _ decimals: Int) -> (power: Double, step: Double) {
        var (step, rest) = (grid, decimals)
        while rest > 0, step % 10 == 0 {
            step /= 10
            rest -= 1
        }
        return (TierBlock.power(rest), Double(step))
    }

    /// In units of the last decimal.
    var unitValues: [Double] { numbers.map { Double($0) * Double(grid) } }

    /// Guesses in units as such on the grid.
    ///
    /// - Parameter parity: of the squares, the sums: a sum of squares is even where the sum is, so all misses are even too.
    private func guesses(_ guesses: [Int64], parity: [Int64]?) -> [Int64] {
        var result = guesses
        if grid != 1 {
            for index in result.indices { result[index] = TierBlock.whole(Double(result[index]) / Double(grid)) }
        }
        if let parity {
            for index in result.indices { result[index] &+= (result[index] ^ parity[index]) & 1 }
        }
        return result
    }

    static func write(
        _ column: Self?, _ values: [Double], _ guesses: [Int64], parity: [Int64]? = nil, into writer: inout ByteWriter
    ) {
        guard let column else { return TierBlock.ExactColumn.write(values, into: &writer) }
        writer.byte(0)
        writer.varint(Int(column.grid))
        let guesses = column.guesses(guesses, parity: parity)
        IntegerColumn.encode(TierBlock.difference(column.numbers, guesses), into: &writer)
    }

    static func read(
        _ guesses: [Int64], parity: [Int64]? = nil, _ decimals: Int, from reader: inout ByteReader
    ) throws(Corruption) -> (values: [Double], column: Self?) {
        let form = try reader.byte()
        guard form == 0 else {
            return (try TierBlock.ExactColumn.read(form: form, guesses.count, from: &reader), nil)
        }
        var column = Self(grid: Int64(try reader.run(upTo: .max)), numbers: [])
        let misses = try IntegerColumn.decode(count: guesses.count, from: &reader)
        column.numbers = TierBlock.sum(misses, column.guesses(guesses, parity: parity))
        let (power, step) = reduced(column.grid, decimals)
        return (column.numbers.map { Double($0) * step / power }, column)
    }
}
