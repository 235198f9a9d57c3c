package import Komoku

/// What a key's options say about how its counter is read.
package struct CounterRules: Hashable, Sendable {
    /// The number at which the counter rolls over to 0: a drop that is not taken back is a roll-over.
    package var modulus: Double?
    /// Units per second: a faster rise is nobody's consumption.
    package var maximumRate: Double?

    package init(modulus: Double? = nil, maximumRate: Double? = nil) {
        (self.modulus, self.maximumRate) = (modulus, maximumRate)
    }

    package init(_ options: KeyOptions) {
        self.init(modulus: options.modulus, maximumRate: options.maximumRate?.perSecond)
    }
}

/// A number that a counter said.
struct CounterReading: Hashable, Sendable {
    var value: Double
    /// Microseconds since 1970; nil where a bucket did not keep it.
    var time: Int64?
    /// Its neighbours show that it is wrong: it is left out.
    var isWrong = false

    init(_ value: Double, at time: Int64?) {
        (self.value, self.time) = (value, time)
    }
}

/// What some moves of a counter come to.
struct CounterTally: Hashable, Sendable {
    var increase = 0.0
    var resets = 0
    var glitches = 0

    @inline(__always)
    mutating func add(_ other: CounterTally) {
        increase += other.increase
        resets += other.resets
        glitches += other.glitches
    }
}

/// What it is that lies between two readings that follow each other, wrong ones left out.
enum CounterMove: Hashable {
    /// Upwards, or none.
    case rise
    /// A drop of less than a tenth: how much of what comes next was counted already shows only later.
    case correction
    /// The counter goes on elsewhere: what was before does not matter any more.
    case cut(CounterTally)
}

extension CounterRules {
    func move(from before: CounterReading, to after: CounterReading) -> CounterMove {
        let (from, to) = (before.value, after.value)
        if to >= from { return isTooMuch(to - from, before, after) ? .cut(CounterTally(glitches: 1)) : .rise }
        if to > from - from / 10 { return .correction }
        if let modulus, 0...modulus ~= from, to >= 0 { return cut(gain: to + (modulus - from), before, after) }
        // It kept half or more: it lost some of its count, in a power cut say, but did not begin again.
        if to >= from / 2 { return .cut(CounterTally(glitches: 1)) }
        return cut(gain: max(0, to), before, after)
    }

    private func cut(gain: Double, _ before: CounterReading, _ after: CounterReading) -> CounterMove {
        if isTooMuch(gain, before, after) { return .cut(CounterTally(glitches: 1)) }
        return .cut(CounterTally(increase: gain, resets: 1))
    }

    private func isTooMuch(_ gain: Double, _ before: CounterReading, _ after: CounterReading) -> Bool {
        guard let maximumRate, let begin = before.time, let end = after.time else { return false }
        // What rounding does is no rise.
        return gain > maximumRate * Double(begin.distance(upTo: end)) * 1e-6 * (1 + 1e-9)
    }
}
