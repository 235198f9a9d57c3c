import Komoku

/// What is known of some points of one key, in time order, without the points.
///
/// Times and integrals reach from the first point to the last; the hold from the last point on belongs to nobody until the next
/// summary is added. So adding is associative: the summary of some points is that of a prefix plus that of the rest. (Of texts
/// beyond `StateTimes.limit` only the total time is.)
struct Summary: Hashable, Sendable {
    /// Points, gaps included.
    var count = 0
    var gaps = 0
    /// Microseconds since 1970 of the first and the last point.
    var firstTime: Int64 = 0
    var lastTime: Int64 = 0
    /// Nil is a gap, or no point at all.
    var first: Value?
    var last: Value?
    /// Microseconds in which a value was known, and in which it was true.
    var known: Int64 = 0
    var trueTime: Int64 = 0
    /// How often a known value differs from the known value of the point before it: coming back from a gap is no edge.
    var edges = 0

    /// Points that are numbers, and of these the smallest, the largest, the sum, the mean, and the sum of the squared deviations
    /// from it: not that of squares, of which nothing is left where the numbers are large and near each other.
    var numbers = 0
    var minimum = 0.0
    var maximum = 0.0
    var sum = 0.0
    var mean = 0.0
    var moment = 0.0
    /// Numbers times the seconds that they held.
    var integral = 0.0

    /// Only of counters.
    var counter: CounterSummary?
    /// Only of string keys: microseconds of each text, and of what did not fit.
    var states: StateTimes?

    /// Read from the first format: moment, counter and states are missing.
    var isPartial = false

    init() {}
}

extension Summary {
    /// Adds what came later. The last value held from its point to the first one of `later`.
    mutating func add(_ later: Summary) {
        if later.count == 0 { return }
        if count == 0 {
            self = later
            return
        }
        hold(last, for: lastTime.distance(upTo: later.firstTime))
        join(later)
    }

    /// The same, where a part of the time between was not watched.
    mutating func add(_ later: Summary, leavingOut outages: Outages) {
        if count > 0, later.count > 0, !outages.isEmpty {
            let time = lastTime.distance(upTo: later.firstTime) - outages.overlap(lastTime, later.firstTime)
            hold(last, for: time)
            join(later)
        } else {
            add(later)
        }
    }

    /// Counts the time that a value held.
    @inline(__always)
    mutating func hold(_ value: Value?, for time: Int64) {
        guard let value, time > 0 else { return }
        known = known.clampedSum(time)
        switch value {
        case .number(let number): integral += number * (Double(time) * 1e-6)
        case .boolean(let boolean): if boolean { trueTime = trueTime.clampedSum(time) }
        case .string(let text): states = (states ?? StateTimes()).adding(text, time)
        }
    }

    /// Adds what came later, but not the time between.
    mutating func join(_ later: Summary) {
        if later.count > 0 { follow(later) }
        count += later.count
        gaps += later.gaps
        edges += later.edges
        known = known.clampedSum(later.known)
        trueTime = trueTime.clampedSum(later.trueTime)
        integral += later.integral
        if later.numbers > 0 { addNumbers(later) }
        if let more = later.counter { counter = counter.map { $0 + more } ?? more }
        if let states = later.states { self.states = (self.states ?? StateTimes()).adding(states) }
        isPartial = isPartial || later.isPartial
    }

    @inline(__always)
    private mutating func follow(_ later: Summary) {
        if count == 0 {
            firstTime = later.firstTime
            first = later.first
        } else if let last, let next = later.first, last != next {
            edges += 1
        }
        lastTime = later.lastTime
        last = later.last
    }

    @inline(__always)
    mutating func addNumbers(_ later: Summary) {
        minimum = numbers == 0 || later.minimum < minimum ? later.minimum : minimum
        maximum = numbers == 0 || later.maximum > maximum ? later.maximum : maximum
        addMoment(of: later)
        numbers += later.numbers
        sum += later.sum
    }

    /// Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979.
    @inline(__always)
    mutating func addMoment(of later: Summary) {
        if numbers == 0 {
            (mean, moment) = (later.mean, later.moment)
            return
        }
        let (count, more) = (Double(numbers), Double(later.numbers))
        let step = later.mean - mean
        moment += later.moment + step * step * (count * more / (count + more))
        mean += step * (more / (count + more))
        if moment.isNaN { moment = .infinity }
    }

    /// Deviation of the numbers, of the whole population; nil where there are none, or it is too large to be told.
    var deviation: Double? {
        if numbers == 0 { return nil }
        // What is left of rounding errors shall not look like a deviation.
        if minimum == maximum { return 0 }
        let deviation = (moment / Double(numbers)).squareRoot()
        return deviation.isFinite ? deviation : nil
    }
}
