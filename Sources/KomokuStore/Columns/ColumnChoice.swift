/// The way to write a column that costs least.
struct ColumnChoice {
    private var transform = ColumnTransform.plain
    private var isZigzag = true
    /// Of the transform, where it has one.
    private(set) var parameter: Int64?
    /// Taken from each residual: their median, or where they are not zigzag their smallest.
    private(set) var centre: Int64 = 0
    private(set) var residuals: [UInt64] = []
    private(set) var plan = ResidualColumn.Plan([])

    /// Lines need some points before they are worth their slope.
    private static let shortestLine = 16

    /// - Parameter numbers: the first one is 0.
    init(_ numbers: [Int64]) {
        let transforms = ColumnTransform.allCases.filter {
            numbers.count > $0.seeds && ($0 != .line || numbers.count >= Self.shortestLine)
        }
        var candidates: [Candidate] = []
        for transform in transforms {
            let candidate = Candidate(transform, numbers)
            if candidate.width == 0 {
                consider(candidate, isZigzag: true)
                return
            }
            candidates.append(candidate)
        }
        candidates.sort { $0.width < $1.width }
        guard let best = candidates.first else { return }
        consider(best)
        // The widths only estimate what a code costs, so the next best is tried too where it is near.
        if candidates.count > 1, candidates[1].width < best.width + numbers.count * 3 / 8 { consider(candidates[1]) }
    }

    var form: UInt8 {
        transform.rawValue | (isZigzag ? ColumnForm.zigzag : 0) | plan.coder.rawValue << 4
    }

    private mutating func consider(_ candidate: Candidate) {
        consider(candidate, isZigzag: false)
        // Where each residual is a symbol of its own, their order is all the same.
        if !candidate.isNarrow { consider(candidate, isZigzag: true) }
    }

    private mutating func consider(_ candidate: Candidate, isZigzag: Bool) {
        let residuals = candidate.residuals(isZigzag: isZigzag)
        let plan = ResidualColumn.Plan(residuals)
        guard self.residuals.isEmpty || plan.cost < self.plan.cost else { return }
        transform = candidate.transform
        parameter = transform.hasParameter ? candidate.parameter : nil
        centre = isZigzag ? candidate.median : candidate.minimum
        (self.isZigzag, self.residuals, self.plan) = (isZigzag, residuals, plan)
    }
}

/// What a transform leaves of a column.
private struct Candidate {
    let transform: ColumnTransform
    let parameter: Int64
    private let differences: [Int64]
    let median: Int64
    let minimum: Int64
    private let maximum: Int64
    /// Bits of all residuals, each as short as it can be.
    let width: Int

    init(_ transform: ColumnTransform, _ numbers: [Int64]) {
        self.transform = transform
        parameter = transform.parameter(for: numbers)
        differences = transform.residuals(numbers, parameter: parameter)
        median = Self.median(of: differences)
        var (minimum, maximum, width) = (Int64.max, Int64.min, 0)
        for difference in differences {
            minimum = min(minimum, difference)
            maximum = max(maximum, difference)
            width &+= 64 &- Self.zigzag(difference &- median).leadingZeroBitCount
        }
        (self.minimum, self.maximum, self.width) = (minimum, maximum, width)
    }

    /// Whether a prefix code is sure, and has a symbol for each residual.
    var isNarrow: Bool {
        differences.count > ResidualColumn.Plan.longestRice
            && UInt64(bitPattern: maximum &- minimum) < 1 << UInt64(TokenAlphabet.integers.split)
    }

    /// Of 31 of them, spread evenly.
    private static func median(of differences: [Int64]) -> Int64 {
        let step = max(1, differences.count / 31)
        let sample = stride(from: step / 2, to: differences.count, by: step).map { differences[$0] }.sorted()
        return sample.isEmpty ? 0 : sample[sample.count / 2]
    }

    func residuals(isZigzag: Bool) -> [UInt64] {
        if isZigzag { return differences.map { Self.zigzag($0 &- median) } }
        return differences.map { UInt64(bitPattern: $0 &- minimum) }
    }

    @inline(__always)
    private static func zigzag(_ number: Int64) -> UInt64 {
        UInt64(bitPattern: (number << 1) ^ (number >> 63))
    }
}
