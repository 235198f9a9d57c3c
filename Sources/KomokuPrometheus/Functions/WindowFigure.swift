/// What is told of the samples in a window of time; the raw value is the function's name.
package enum WindowFigure: String, CaseIterable, Sendable {
    case average = "avg_over_time"
    case minimum = "min_over_time"
    case maximum = "max_over_time"
    case sum = "sum_over_time"
    case count = "count_over_time"
    case last = "last_over_time"
    case present = "present_over_time"
    case deviation = "stddev_over_time"
    case variance = "stdvar_over_time"
    case quantile = "quantile_over_time"
    case rate
    case increase
    case delta
    case instantRate = "irate"
    case instantDelta = "idelta"
    case changes
    case resets
    case derivative = "deriv"
    case prediction = "predict_linear"

    var arguments: [ValueType] {
        switch self {
        case .quantile: [.scalar, .range]
        case .prediction: [.range, .scalar]
        default: [.range]
        }
    }

    /// Whether buckets tell it as exactly as their points would.
    var isInBuckets: Bool {
        switch self {
        case .average, .minimum, .maximum, .sum, .count, .last, .present, .deviation, .variance: true
        default: false
        }
    }

    /// Whether the metric keeps its name.
    var keepsName: Bool { self == .last }

    /// Samples that it needs at least.
    var least: Int {
        switch self {
        case .rate, .increase, .delta, .instantRate, .instantDelta, .derivative, .prediction: 2
        default: 1
        }
    }
}
