/// How a counter grew over some points. Gaps between its numbers do not matter.
///
/// A rise is gained. A drop is one of four things, in this order (`CounterStep`):
/// * The next number is at or above the one before the drop: the dropped one was a **glitch**, left out.
/// * The number before the drop was a **spike**: the drop ends at or above the number before the spike, which is above 0, and falls
///   at least ten times as far as it stays above that. The spike is a glitch too, left out.
/// * It loses less than a tenth of the number: a correction of a meter, which nobody consumes and no restart ends at. It counts as
///   a glitch, and nothing is gained.
/// * A **reset**: the counter began again at 0, and the number after it was gained.
///
/// So nothing is ever lost, and a meter that returns from a lone wrong number shows no jump. Which of them a drop is shows only at
/// the next number: so the outermost numbers are kept, and a step is counted once both its neighbours are known. A step that has
/// no neighbour yet is counted by `total` as if there were none.
struct CounterSummary: Hashable, Sendable {
    /// Gained over the steps that are decided: all but the first and the last.
    var increase = 0.0
    var resets = 0
    var glitches = 0
    /// How many numbers there are; 3 stands for more, too.
    var length = 0
    /// The first two and the last two numbers, as far as there are any; a third one on the inner side only where one of the
    /// three's steps is a drop.
    var head = OuterNumbers()
    var tail = OuterNumbers()

    init() {}

    init(_ number: Double) {
        length = 1
        head = [number]
        tail = [number]
    }

    /// Everything, the open steps at the ends included.
    var total: CounterTally {
        var tally = CounterTally(increase: increase, resets: resets, glitches: glitches)
        if length >= 2 { tally.add(CounterStep(nil, head[0], head[1], head.third).tally) }
        if length >= 3 { tally.add(lastStep(before: nil).tally) }
        return tally
    }

    /// The step into the last of at least two numbers.
    func lastStep(before next: Double?) -> CounterStep {
        CounterStep(tail.count > 2 ? tail[0] : nil, tail[tail.count - 2], tail[tail.count - 1], next)
    }

    static func + (left: CounterSummary, right: CounterSummary) -> CounterSummary {
        if right.length == 0 { return left }
        if left.length == 0 { return right }
        let seam = CounterSeam(left, right)
        var sum = left
        sum.increase += right.increase + seam.left.increase + seam.right.increase
        sum.resets += right.resets + seam.left.resets + seam.right.resets
        sum.glitches += right.glitches + seam.left.glitches + seam.right.glitches
        sum.length = min(3, left.length + right.length)
        if left.length < 3 { sum.head = (left.numbers + right.head).head }
        sum.tail = right.tail
        if right.length < 3 { sum.tail = (OuterNumbers() + left.tail.suffix(3 - right.length) + right.numbers).tail }
        return sum
    }

    /// All of at most two numbers.
    private var numbers: OuterNumbers { length == 1 ? [head[0]] : head }
}

/// What some steps of a counter come to.
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

/// A step of a counter, with the numbers around it as far as they are known.
struct CounterStep {
    private let before: Double?
    private let from: Double
    private let to: Double
    private let after: Double?

    @inline(__always)
    init(_ before: Double?, _ from: Double, _ to: Double, _ after: Double?) {
        (self.before, self.from, self.to, self.after) = (before, from, to, after)
    }

    var tally: CounterTally { to >= from ? rise : drop }

    private var rise: CounterTally {
        // Back from a glitch.
        if let before, from < before, to >= before { return CounterTally(increase: to - before) }
        if let after, Self.isSpike(from, to, after) { return CounterTally(glitches: 1) }
        return CounterTally(increase: to - from)
    }

    private var drop: CounterTally {
        if let after, after >= from { return CounterTally(glitches: 1) }
        // The way up was the glitch.
        if let before, Self.isSpike(before, from, to) { return CounterTally(increase: to - before) }
        if to >= 0.9 * from { return CounterTally(glitches: 1) }
        return CounterTally(increase: max(0, to), resets: 1)
    }

    /// From 0 nothing can be told: a counter that is stepped and put back looks like that.
    private static func isSpike(_ before: Double, _ top: Double, _ after: Double) -> Bool {
        before > 0 && before <= after && after < top && top - after >= 10 * (after - before)
    }
}

/// The steps that the neighbours of two summaries decide.
struct CounterSeam {
    /// Of the step into the last number of the earlier one.
    private(set) var left = CounterTally()
    /// Of the steps into the first two numbers of the later one.
    private(set) var right = CounterTally()

    /// - Parameters: neither of them empty.
    init(_ earlier: CounterSummary, _ later: CounterSummary) {
        let first = later.head[0]
        let last = earlier.tail[earlier.tail.count - 1]
        if earlier.length >= 3 { left = earlier.lastStep(before: first).tally }
        // The first step of all and the last one stay open.
        if earlier.length >= 2, later.length >= 2 {
            right = CounterStep(earlier.tail[earlier.tail.count - 2], last, first, later.head[1]).tally
        }
        if later.length >= 3 { right.add(CounterStep(last, first, later.head[1], later.head.third).tally) }
    }
}
