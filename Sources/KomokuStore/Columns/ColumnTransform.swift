/// What a number is compared with. Stored: never renumber.
enum ColumnTransform: UInt8, CaseIterable {
    /// The first number.
    case plain = 0
    /// The number before.
    case difference = 1
    /// The number before, and the difference before that. Its parameter is the first difference.
    case secondDifference = 2
    /// A line through the first number. Its parameter is the slope in 65,536ths.
    case line = 3

    var hasParameter: Bool { rawValue >= 2 }

    /// Numbers at the beginning that have no residual.
    var seeds: Int { self == .secondDifference ? 2 : 1 }

    /// What is left of the numbers behind the seeds.
    ///
    /// - Parameter numbers: the first one is 0.
    func residuals(_ numbers: [Int64], parameter: Int64) -> [Int64] {
        guard numbers.count > seeds else { return [] }
        return numbers.withUnsafeBufferPointer { numbers in
            let range = seeds..<numbers.count
            return switch self {
            case .plain: Array(numbers[range])
            case .difference: range.map { numbers[$0] &- numbers[$0 &- 1] }
            case .secondDifference:
                range.map { numbers[$0] &- 2 &* numbers[$0 &- 1] &+ numbers[$0 &- 2] }
            case .line: range.map { numbers[$0] &- Self.line(parameter, $0) }
            }
        }
    }

    @inline(__always)
    static func line(_ slope: Int64, _ index: Int) -> Int64 { (slope &* Int64(index)) >> 16 }

    /// The parameter that suits the numbers best.
    func parameter(for numbers: [Int64]) -> Int64 {
        switch self {
        case .plain, .difference: 0
        case .secondDifference: numbers.count > 1 ? numbers[1] : 0
        case .line: Self.slope(of: numbers)
        }
    }

    /// By least squares.
    private static func slope(of numbers: [Int64]) -> Int64 {
        let middle = Double(numbers.count - 1) / 2
        var (products, squares) = (0.0, 0.0)
        for (index, number) in numbers.enumerated() {
            let offset = Double(index) - middle
            products += offset * Double(number)
            squares += offset * offset
        }
        guard squares > 0 else { return 0 }
        let slope = (products / squares * 65536).rounded()
        return slope.magnitude < 0x1p62 ? Int64(slope) : 0
    }
}

/// Puts numbers together again from their residuals.
struct Rebuilding {
    let first: Int64
    let divisor: Int64
    let parameter: Int64
    let centre: Int64
    let isZigzag: Bool

    @inline(__always)
    private func signed(_ residual: UInt64) -> Int64 {
        let number = Int64(bitPattern: residual)
        let plain = isZigzag ? Int64(bitPattern: residual >> 1) ^ -(number & 1) : number
        return plain &+ centre
    }

    /// - Parameter residuals: with the seeds before them.
    func numbers(_ residuals: [UInt64], _ transform: ColumnTransform) -> [Int64] {
        var number: Int64 = 0
        var step: Int64 = parameter
        var numbers: [Int64] = []
        numbers.reserveCapacity(residuals.count)
        numbers.append(first)
        if transform == .secondDifference, residuals.count > 1 {
            number = step
            numbers.append(first &+ number &* divisor)
        }
        let range = numbers.count..<residuals.count
        residuals.withUnsafeBufferPointer { residuals in
            switch transform {
            case .plain:
                for index in range { numbers.append(first &+ signed(residuals[index]) &* divisor) }
            case .difference:
                for index in range {
                    number = number &+ signed(residuals[index])
                    numbers.append(first &+ number &* divisor)
                }
            case .secondDifference:
                for index in range {
                    step = step &+ signed(residuals[index])
                    number = number &+ step
                    numbers.append(first &+ number &* divisor)
                }
            case .line:
                for index in range {
                    let number = signed(residuals[index]) &+ ColumnTransform.line(parameter, index)
                    numbers.append(first &+ number &* divisor)
                }
            }
        }
        return numbers
    }
}
