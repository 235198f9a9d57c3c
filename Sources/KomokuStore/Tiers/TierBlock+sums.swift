import Komoku

extension TierBlock {
    /// Sum, squared deviations and integral: each is guessed from what is known of its bucket already.
    enum Sums {}
}

extension TierBlock.Sums {
    /// The coefficients of the guesses are in these parts.
    static let centreParts = 16.0
    static let varianceParts = 512.0

    static func write(
        _ numbers: TierBlock.Numbers, _ units: TierBlock.Units?, _ counts: TierBlock.Counts,
        into writer: inout ByteWriter
    ) {
        guard let units else {
            for sums in [numbers.sum, numbers.moment, numbers.integral] {
                TierBlock.ExactColumn.write(sums, into: &writer)
            }
            return
        }
        let guess = TierBlock.SumGuess(numbers, units, counts)
        let (divisor, decimals) = (units.divisor, units.decimals)
        let sum = TierBlock.SumColumn(
            numbers.sum, grids: [divisor, 1], decimals: decimals, errors: guess.errors)
        let sums = sum?.unitValues ?? numbers.sum.map { $0 * TierBlock.power(decimals) }
        let centre = guess.centre(of: sums)
        writer.byte(UInt8(centre * centreParts))
        TierBlock.SumColumn.write(sum, numbers.sum, guess.sums(centre: centre), into: &writer)

        // About the first number: whole numbers, and as small as the numbers are near each other.
        let offsets = guess.offsets(of: sums)
        let squares = zip(numbers.moment, guess.squares(ofMean: offsets)).map { $0 + $1 }
        let square = TierBlock.SumColumn(
            squares, grids: TierBlock.squared(divisor), decimals: 2 * decimals, errors: guess.errorsOfSquares)
        let variance = guess.variance(of: square?.unitValues ?? [], offsets)
        writer.byte(UInt8(variance * varianceParts))
        TierBlock.SumColumn.write(
            square, numbers.moment, guess.squares(variance: variance, offsets), into: &writer)

        let grid = TierBlock.SumGuess.grid(numbers.slots, counts)
        let integral = TierBlock.SumColumn(
            numbers.integral, grids: TierBlock.products(divisor, grid), decimals: decimals + 6,
            errors: guess.integralErrors)
        TierBlock.SumColumn.write(integral, numbers.integral, guess.integrals(sums), into: &writer)
    }

    static func read(
        _ numbers: inout TierBlock.Numbers, _ units: TierBlock.Units?, _ counts: TierBlock.Counts,
        _ version: UInt8, from reader: inout ByteReader
    ) throws(Corruption) {
        let count = numbers.slots.count
        guard let units else {
            numbers.sum = try TierBlock.ExactColumn.read(count, from: &reader)
            numbers.moment = try TierBlock.ExactColumn.read(count, from: &reader)
            numbers.integral = try TierBlock.ExactColumn.read(count, from: &reader)
            if version == 1 { numbers.takeSquaresForMoments(counts) }
            return
        }
        let guess = TierBlock.SumGuess(numbers, units, counts)
        let decimals = units.decimals
        let centre = Double(try reader.byte()) / centreParts
        let sum = try TierBlock.SumColumn.read(guess.sums(centre: centre), decimals, from: &reader)
        let sums = sum.column?.unitValues ?? sum.values.map { $0 * TierBlock.power(decimals) }
        let variance = Double(try reader.byte()) / varianceParts
        numbers.sum = sum.values
        if version == 1 {
            numbers.moment =
                try TierBlock.SumColumn.read(
                    guess.squares(variance: variance, sums), parity: sum.column?.numbers, 2 * decimals, from: &reader
                ).values
            numbers.takeSquaresForMoments(counts)
        } else {
            let offsets = guess.offsets(of: sums)
            let square = try TierBlock.SumColumn.read(
                guess.squares(variance: variance, offsets), 2 * decimals, from: &reader)
            numbers.moment = square.values
            if square.column != nil {
                let means = guess.squares(ofMean: offsets)
                for index in means.indices { numbers.moment[index] = max(0, numbers.moment[index] - means[index]) }
            }
        }
        numbers.integral = try TierBlock.SumColumn.read(guess.integrals(sums), decimals + 6, from: &reader).values
    }
}

extension TierBlock {
    /// Guesses sums, in units, from the counts, the times and the outermost values of each bucket.
    struct SumGuess {
        private var count: [Double] = []
        private var known: [Double] = []
        /// How many of the numbers hold until the next point.
        private var held: [Double] = []
        private var final: [Double] = []
        private var first: [Double] = []
        private var edgeCentre: [Double] = []
        private var rangeCentre: [Double] = []
        private var range: [Double] = []
        private var largest: [Double] = []
        private let power: Double

        init(_ numbers: Numbers, _ units: Units, _ counts: Counts) {
            power = TierBlock.power(units.decimals)
            reserve(numbers.slots.count)
            for (index, slot) in numbers.slots.enumerated() {
                let number = Double(counts.numbers[slot])
                let endsWithNumber = counts.last(slot) == ValueKind.number.rawValue
                let (low, high) = (Double(units.minimum[index]), Double(units.maximum[index]))
                count.append(number)
                known.append(Double(counts.known[slot]))
                held.append(endsWithNumber ? number - 1 : number)
                final.append(endsWithNumber ? Double(units.last[index]) : 0)
                first.append(Double(units.first[index]))
                edgeCentre.append((Double(units.first[index]) + Double(units.last[index])) / 2)
                rangeCentre.append((low + high) / 2)
                range.append(high - low)
                largest.append(max(low.magnitude, high.magnitude))
            }
        }

        private mutating func reserve(_ capacity: Int) {
            count.reserveCapacity(capacity)
            known.reserveCapacity(capacity)
            held.reserveCapacity(capacity)
            final.reserveCapacity(capacity)
            first.reserveCapacity(capacity)
            edgeCentre.reserveCapacity(capacity)
            rangeCentre.reserveCapacity(capacity)
            range.reserveCapacity(capacity)
            largest.reserveCapacity(capacity)
        }
    }
}

extension TierBlock.SumGuess {
    /// The mean lies on the line from the middle of first and last (0) to that of smallest and largest (1), and beyond.
    func sums(centre: Double) -> [Int64] {
        count.indices.map {
            TierBlock.whole(count[$0] * (edgeCentre[$0] + centre * (rangeCentre[$0] - edgeCentre[$0])))
        }
    }

    /// Where on that line these sums lie on average, from 0 to 2.
    func centre(of sums: [Double]) -> Double {
        var (product, square) = (0.0, 0.0)
        for index in sums.indices where count[index] > 0 {
            let step = rangeCentre[index] - edgeCentre[index]
            product += (sums[index] / count[index] - edgeCentre[index]) * step
            square += step * step
        }
        return Self.rounded(product / square, parts: TierBlock.Sums.centreParts, upTo: 2)
    }

    /// The sums of how far the numbers are from the first one.
    func offsets(of sums: [Double]) -> [Double] { count.indices.map { sums[$0] - count[$0] * first[$0] } }

    /// What is in the squares of these because their mean is not 0; not in units.
    func squares(ofMean offsets: [Double]) -> [Double] {
        count.indices.map { index in
            let offset = offsets[index] / power
            return offset * offset / max(1, count[index])
        }
    }

    /// The squares have a part that is the mean's, and one that grows with the square of the range.
    func squares(variance: Double, _ sums: [Double]) -> [Int64] {
        count.indices.map { index in
            let n = max(1, count[index])
            return TierBlock.whole(sums[index] * sums[index] / n + variance * n * range[index] * range[index])
        }
    }

    /// How large that part is on average, from 0 to 1/4.
    func variance(of squares: [Double], _ sums: [Double]) -> Double {
        var (total, number) = (0.0, 0.0)
        for index in squares.indices where count[index] > 1 && range[index] > 0 {
            let deviation = squares[index] - sums[index] * sums[index] / count[index]
            total += deviation / (count[index] * range[index] * range[index])
            number += 1
        }
        return Self.rounded(total / number, parts: TierBlock.Sums.varianceParts, upTo: 0.25)
    }

    /// Each number that holds until the next point holds equally long, in microseconds.
    func integrals(_ sums: [Double]) -> [Int64] {
        count.indices.map { index in
            TierBlock.whole(known[index] * (sums[index] - final[index]) / max(1, held[index]))
        }
    }

    private static func rounded(_ number: Double, parts: Double, upTo limit: Double) -> Double {
        number.isFinite ? (min(max(number, 0), limit) * parts).rounded() / parts : 0
    }

    /// What divides all times, in microseconds.
    static func grid(_ slots: [Int], _ counts: TierBlock.Counts) -> Int64 {
        var divisor: UInt64 = 0
        for slot in slots {
            for time in [counts.firstTimes[slot], counts.lastTimes[slot]] {
                var rest = time.magnitude
                while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
            }
        }
        return divisor == 0 || divisor > 1 << 40 ? 1 : Int64(divisor)
    }

    /// The largest rounding errors of adding up doubles that each have half a bit of their own.
    var errors: [Double] {
        count.indices.map { count[$0] * (count[$0] + 4) * 0x1p-52 * (largest[$0] / power) }
    }

    /// Each square of at most the range has such errors, and those of the number itself.
    var errorsOfSquares: [Double] {
        count.indices.map { index in
            let (range, largest) = (range[index] / power, largest[index] / power)
            return count[index] * (count[index] + 8) * 0x1p-52 * range * (range + largest)
        }
    }

    var integralErrors: [Double] {
        count.indices.map { (count[$0] + 4) * 0x1p-52 * (largest[$0] / power) * (known[$0] / 1_000_000) }
    }
}
