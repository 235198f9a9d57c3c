/// How a counter grew over some readings, in bounded size. Gaps between them do not matter.
///
/// A counter is read for what it gained, not for its value. What a reading means shows only beside others, in three steps.
///
/// 1. **Which readings are wrong** (`CounterReading.mark`). Up to five in a row that lie off and come back are left out: a *dip* returns to
///    where it fell from, or all but a tenth of the way, by a jump (it lies in the lowest third, so that a counter that begins again
///    and climbs is none); a *spike* from above 0 returns to where it rose from (it is at least a tenth above that, lies in the highest third,
///    and is at least ten times as high as what was gained over it). A lone spike that is smaller is one unless one of the next five readings
///    is there again.
/// 2. **What the drops are that remain** (`CounterRules.move`). Less than a tenth lost: a *correction*. Half or more is kept: the counter
///    *lost some of its count* and goes on from there; nothing is gained. Anything else: a *reset*, the reading after it was gained;
///    with a `modulus` a drop of a tenth or more is a roll-over. A rise, or a gain of a reset, faster than the maximum rate gains nothing.
/// 3. **What a rise gains.** What it rises above the highest reading since the last reset (the *mark*): so what wavers by a correction and
///    back, however long each value lasts, is counted once. Below the mark it is counted after all once six rises in a row, without a drop,
///    have shown that the counter really counts down there.
///
/// So no gain is negative. The newest readings are open: a drop that nothing followed is taken for what it would be if nothing came back,
/// and rises below the mark count until they are taken back.
///
/// Steps 1 and 2 look at most six readings away, and after a reset or six rises in a row step 3 has forgotten all that was before. So what
/// some readings come to can be kept in bounded size and joined: the six readings at each end, and the course between them.
struct CounterSummary: Hashable, Sendable {
    /// Those by which it was joined; nil where it was by none of today, as in buckets of before.
    private(set) var rules: CounterRules?
    /// All readings, where they are not more than twice `CounterReading.reach`; else the first so many.
    private(set) var head: [CounterReading]
    private(set) var middle = Middle.none
    /// The last readings, where they are not all in the head.
    private(set) var tail: [CounterReading] = []

    /// The course between head and tail, on the heap: most keys are no counters.
    indirect enum Middle: Hashable, Sendable {
        case none
        case course(CounterCourse)
    }

    init(rules: CounterRules? = CounterRules()) {
        (self.rules, head) = (rules, [])
    }

    /// - Parameter readings: without a hole between them.
    init(_ readings: [CounterReading], _ rules: CounterRules) {
        (self.rules, head) = (rules, readings)
        CounterReading.mark(&head)
        trim(rules)
    }

    init(head: [CounterReading], course: CounterCourse?, tail: [CounterReading], _ rules: CounterRules?) {
        (self.rules, self.head, self.tail) = (rules, head, tail)
        middle = course.map(Middle.course) ?? .none
    }

    var isEmpty: Bool { head.isEmpty }

    /// What lies between head and tail; nil where there is no tail.
    var course: CounterCourse? {
        if case .course(let course) = middle { course } else { nil }
    }

    var first: Double? { head.first?.value }
    var last: Double? { (tail.last ?? head.last)?.value }

    /// Whether it alone says what comes next, whatever was before.
    var isSettled: Bool { course?.path?.isSettled ?? false }

    /// Everything, what is still open at the end included.
    var total: CounterTally {
        var growth = CounterGrowth(count: 1, rules ?? CounterRules())
        growth.add(self, to: 0)
        growth.finish()
        return growth.tallies[0]
    }

    static func + (left: CounterSummary, right: CounterSummary) -> CounterSummary {
        if right.isEmpty { return left }
        if left.isEmpty { return right }
        var sum = left
        sum.append(right, right.rules ?? CounterRules())
        return sum
    }

    private mutating func append(_ later: CounterSummary, _ rules: CounterRules) {
        var seam = (course == nil ? head : tail) + later.head
        CounterReading.mark(&seam)
        switch (course, later.course) {
        case (nil, nil):
            head = seam
            trim(rules)
        case (var course?, nil):
            let rest = max(0, seam.count - CounterReading.reach)
            course.append(seam[..<rest], rules)
            (middle, tail) = (.course(course), Array(seam[rest...]))
        case (let course, let end?):
            var joined = course ?? CounterCourse()
            let start = course == nil ? min(seam.count, CounterReading.reach) : 0
            if course == nil { head = Array(seam[..<start]) }
            joined.append(seam[start...], rules)
            joined.append(end, rules)
            (middle, tail) = (.course(joined), later.tail)
        }
    }

    /// Makes a course of what lies between the ends.
    private mutating func trim(_ rules: CounterRules) {
        let reach = CounterReading.reach
        guard head.count > 2 * reach else { return }
        var course = CounterCourse()
        course.append(head[reach..<(head.count - reach)], rules)
        middle = .course(course)
        tail = Array(head.suffix(reach))
        head = Array(head.prefix(reach))
    }
}

extension CounterCourse {
    mutating func append(_ readings: ArraySlice<CounterReading>, _ rules: CounterRules) {
        for reading in readings { append(CounterCourse(reading), rules) }
    }
}
