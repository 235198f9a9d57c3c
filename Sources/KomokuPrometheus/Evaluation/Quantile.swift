enum Quantile {
    /// Interpolates between the two nearest ranks, as Prometheus does.
    static func of(_ sorted: [Double], _ share: Double) -> Double {
        if sorted.isEmpty || share.isNaN { return .nan }
        if share < 0 { return -.infinity }
        if share > 1 { return .infinity }
        let rank = share * Double(sorted.count - 1)
        let below = Int(rank.rounded(.down))
        let above = min(below + 1, sorted.count - 1)
        let weight = rank - rank.rounded(.down)
        return sorted[below] * (1 - weight) + sorted[above] * weight
    }
}

/// The straight line through samples, by least squares; times are seconds from an origin.
struct Line {
    let slope: Double
    let intercept: Double

    init(_ times: ArraySlice<Int64>, _ values: ArraySlice<Double>, origin: Int64) {
        let first = values.first ?? .nan
        if values.allSatisfy({ $0 == first }) {
            (slope, intercept) = (0, first)
            return
        }
        let count = Double(values.count)
        var (sumX, sumY, products, squares) = (0.0, 0.0, 0.0, 0.0)
        // Around the means: times are large and near each other.
        for (time, value) in zip(times, values) {
            sumX += Double(time - origin) / 1e6
            sumY += value
        }
        let (meanX, meanY) = (sumX / count, sumY / count)
        for (time, value) in zip(times, values) {
            let x = Double(time - origin) / 1e6 - meanX
            products += x * (value - meanY)
            squares += x * x
        }
        slope = products / squares
        intercept = meanY - slope * meanX
    }
}
