/// Gives each step of a counter to the window of its later number, though only the next number, which may be in another window,
/// decides what it was.
struct CounterGrowth {
    /// What came together in each window, or each bucket of a profile.
    private(set) var tallies: [CounterTally]
    private var sum = CounterSummary()
    /// Where the second and the last number are: their steps are open.
    private var second: Int?
    private var last: Int?
    /// The first number after the last window.
    private var next: Double?

    init(count: Int) {
        tallies = Array(repeating: CounterTally(), count: count)
    }

    /// The number that was there before the first window.
    mutating func begin(with number: Double) { sum = CounterSummary(number) }

    mutating func add(_ part: CounterSummary, to bucket: Int) {
        if part.length == 0 { return }
        if sum.length > 0 {
            let seam = CounterSeam(sum, part)
            if let last { tallies[last].add(seam.left) }
            tallies[bucket].add(seam.right)
        }
        tallies[bucket].add(CounterTally(increase: part.increase, resets: part.resets, glitches: part.glitches))
        if second == nil, sum.length + part.length >= 2 { second = bucket }
        sum = sum + part
        last = bucket
    }

    /// What comes after the last window shows what its last number was.
    mutating func look(ahead part: CounterSummary?) {
        if next == nil { next = part?.head.first }
    }

    /// Counts the steps that are still open.
    mutating func finish() {
        if sum.length >= 2, let second {
            let after = sum.length == 2 ? next : sum.head.third
            tallies[second].add(CounterStep(nil, sum.head[0], sum.head[1], after).tally)
        }
        if sum.length >= 3, let last { tallies[last].add(sum.lastStep(before: next).tally) }
    }
}
