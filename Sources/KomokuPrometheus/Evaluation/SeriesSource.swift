/// What a query is answered from. All times are microseconds since 1970.
package protocol SeriesSource: Sendable {
    /// The series that match, by their labels.
    func series(matching matchers: [LabelMatcher], _ budget: inout QueryBudget) throws(QueryError) -> [Series]

    /// The samples from one time through another, and the one before them.
    func samples(of series: Series, from: Int64, through: Int64) throws(QueryError) -> SampleRun

    /// The same as figures of windows that follow each other, each from its start up to, and without, its end. Nil where they are
    /// not at hand in that form: then samples are asked for.
    ///
    /// - Parameter isPlain: only the first and the last point of each are needed.
    func buckets(
        of series: Series, from: Int64, width: Int64, count: Int, isPlain: Bool
    ) throws(QueryError) -> BucketRun?
}

package struct Series: Sendable {
    package let labels: Labels
    /// Of the source.
    package let number: Int
    /// Up to when its newest value holds, unless that is itself from later.
    package let knownUntil: Int64

    package init(labels: Labels, number: Int, knownUntil: Int64 = .max) {
        (self.labels, self.number, self.knownUntil) = (labels, number, knownUntil)
    }

    func holds(_ sample: Sample, at time: Int64) -> Bool { time <= knownUntil || sample.time > knownUntil }
}

package struct Sample: Hashable, Sendable {
    package var time: Int64
    /// `absent` from when on nothing was known.
    package var value: Double

    package init(time: Int64, value: Double) { (self.time, self.value) = (time, value) }
}

/// Samples of one series, ascending; `absent` is where it went stale.
package struct SampleRun: Sendable {
    /// The newest one before.
    package var before: Sample?
    package var times: [Int64] = []
    package var values: [Double] = []

    package init(before: Sample? = nil) { self.before = before }

    package mutating func append(_ time: Int64, _ value: Double) {
        times.append(time)
        values.append(value)
    }
}

package struct BucketRun: Sendable {
    /// The newest sample before the first bucket.
    package var before: Sample?
    package var buckets: [SampleBucket]

    package init(before: Sample?, count: Int) {
        self.before = before
        buckets = Array(repeating: SampleBucket(), count: count)
    }
}

/// What is known of the samples of one window.
package struct SampleBucket: Sendable {
    /// Samples, `absent` ones too.
    package var count = 0
    package var first = Sample(time: 0, value: absent)
    package var last = Sample(time: 0, value: absent)
    package var moments = Moments()

    package init() {}

    mutating func add(_ sample: Sample) {
        if count == 0 { first = sample }
        last = sample
        count += 1
        if !sample.value.isAbsent { moments.add(sample.value) }
    }
}

/// Numbers added up, mean and sum of squared deviations included: exact also where numbers are large and near each other.
package struct Moments: Hashable, Sendable {
    package var count = 0
    package var sum = 0.0
    package var mean = 0.0
    package var squares = 0.0
    package var minimum = Double.infinity
    package var maximum = -Double.infinity

    package init() {}

    mutating func add(_ number: Double) {
        count += 1
        sum += number
        let distance = number - mean
        mean += distance / Double(count)
        squares += distance * (number - mean)
        minimum = min(minimum, number)
        maximum = max(maximum, number)
    }

    /// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    package mutating func join(_ other: Moments) {
        guard other.count > 0 else { return }
        guard count > 0 else { return self = other }
        let (some, more) = (Double(count), Double(other.count))
        let distance = other.mean - mean
        squares += other.squares + distance * distance * (some * more / (some + more))
        mean += distance * (more / (some + more))
        count += other.count
        sum += other.sum
        minimum = min(minimum, other.minimum)
        maximum = max(maximum, other.maximum)
    }

    /// Of one number or more.
    func figure(_ figure: WindowFigure) -> Double {
        switch figure {
        case .average: mean
        case .minimum: minimum
        case .maximum: maximum
        case .sum: sum
        case .count: Double(count)
        case .present: 1
        case .variance: variance
        case .deviation: variance.squareRoot()
        default: absent
        }
    }

    // What is left of rounding errors shall not look like a deviation.
    private var variance: Double { minimum == maximum ? 0 : squares / Double(count) }
}
