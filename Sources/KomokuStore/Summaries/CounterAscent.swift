/// Readings of a counter none of which is below the one before.
///
/// So many rises in a row show that a counter really counts: what was before they began does not matter any more.
struct CounterAscent: Rising, Hashable, Sendable {
    static let proof = 6

    private(set) var low: Double
    private(set) var high: Double
    /// Up to `proof`.
    private(set) var rises = 0
    /// The reading after so many of them; 0 where there are fewer.
    private(set) var proven = 0.0

    init(_ value: Double) { (low, high) = (value, value) }

    init(low: Double, high: Double, rises: Int, proven: Double) {
        (self.low, self.high, self.rises, self.proven) = (low, high, rises, proven)
    }

    init(_ climb: CounterClimb) {
        self.init(climb.low)
        go(on: climb)
    }

    var isProven: Bool { rises == Self.proof }

    /// - Parameter value: not below `high`.
    mutating func rise(to value: Double) {
        if value > high, rises < Self.proof {
            rises += 1
            if isProven { proven = value }
        }
        high = value
    }
}

/// What goes up with readings.
protocol Rising {
    /// - Parameter value: not below what it rose to before.
    mutating func rise(to value: Double)
}

extension Rising {
    mutating func go(on climb: CounterClimb) {
        rise(to: climb.low)
        for value in climb.rises { rise(to: value) }
        rise(to: climb.high)
    }
}

/// An ascent that may be the rest of one that began before.
struct CounterClimb: Rising, Hashable, Sendable {
    private(set) var low: Double
    private(set) var high: Double
    /// What the first rises led to, up to `CounterAscent.proof` of them.
    private(set) var rises: [Double] = []

    init(_ value: Double) { (low, high) = (value, value) }

    init(low: Double, high: Double, rises: [Double]) { (self.low, self.high, self.rises) = (low, high, rises) }

    /// - Parameter value: not below `high`.
    mutating func rise(to value: Double) {
        if value > high, rises.count < CounterAscent.proof { rises.append(value) }
        high = value
    }
}

/// What some ascents after corrections add, each ended by a correction, whatever was counted before.
struct CounterPassage: Hashable, Sendable {
    /// The highest reading before the first proven ascent.
    private(set) var peak: Double?
    /// The first proven ascent; from its end on nothing depends on what was counted before.
    private(set) var proof: CounterAscent?
    /// What was gained after it, and the mark after all.
    private(set) var gain = 0.0
    private(set) var mark = 0.0

    init() {}

    init(peak: Double?, proof: CounterAscent?, gain: Double, mark: Double) {
        (self.peak, self.proof, self.gain, self.mark) = (peak, proof, gain, mark)
    }

    mutating func append(_ ascent: CounterAscent) {
        if proof != nil {
            gain += Self.gain(of: ascent, &mark)
        } else if ascent.isProven {
            (proof, mark) = (ascent, ascent.high)
        } else {
            peak = max(peak ?? ascent.high, ascent.high)
        }
    }

    mutating func append(_ later: CounterPassage) {
        if proof != nil {
            gain += later.gain(&mark)
            return
        }
        if let high = later.peak { peak = max(peak ?? high, high) }
        (proof, gain, mark) = (later.proof, later.gain, later.mark)
    }

    /// What is gained by all of it.
    ///
    /// - Parameter mark: the highest reading that was counted so far.
    func gain(_ mark: inout Double) -> Double {
        var sum = 0.0
        if let peak { sum += Self.gained(upTo: peak, &mark) }
        guard let proof else { return sum }
        sum += Self.gain(of: proof, &mark) + gain
        mark = self.mark
        return sum
    }

    /// What an ascent adds that a correction ended.
    private static func gain(of ascent: CounterAscent, _ mark: inout Double) -> Double {
        // The counter really counts down there: the lower level is right.
        if ascent.isProven, ascent.proven < mark {
            mark = ascent.high
            return ascent.high - ascent.low
        }
        return gained(upTo: ascent.high, &mark)
    }

    /// What an ascent adds that is the last one: what was not taken back counts.
    static func finalGain(of ascent: CounterAscent, _ mark: Double) -> Double {
        if ascent.isProven ? ascent.proven < mark : ascent.high < mark { return ascent.high - ascent.low }
        return ascent.high - mark
    }

    private static func gained(upTo high: Double, _ mark: inout Double) -> Double {
        if high <= mark { return 0 }
        defer { mark = high }
        return high - mark
    }
}
