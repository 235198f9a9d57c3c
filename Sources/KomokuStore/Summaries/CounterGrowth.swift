import Komoku
/// Gives each gain of a counter to the window of the reading that made it, though only later readings, which may be in other windows,
import Komoku
/// decide what it was.
struct CounterGrowth {
    /// What came together in each window, or each bucket of a profile.
    private(set) var tallies: [CounterTally]
    private let rules: CounterRules
    private let kind: CounterKind
    /// Of a counter that may fall: where it is.
    private var level: Double?
    /// Readings without a hole between them, the window of each, and how many of them are counted.
    private var queue: [CounterReading] = []
    private var windows: [Int?] = []
    private var counted = 0

    /// The last reading that was counted, and the highest one since the last cut.
    private var last: CounterReading?
    private var mark = 0.0
    private var ascent = CounterAscent(0)
    /// Below the mark: what was gained if the counter really counts there, and in which windows.
    private var isBelow = false
    private var pending: [(window: Int?, gain: Double)] = []

    init(count: Int, _ rules: CounterRules = CounterRules(), _ kind: CounterKind = .total) {
        tallies = Array(repeating: CounterTally(), count: count)
        (self.rules, self.kind) = (rules, kind)
    }

    /// Whether what comes behind may change what is in the windows.
    var isOpen: Bool {
        windows[counted...].contains { $0 != nil } || pending.contains { $0.window != nil }
    }

    /// - Parameter window: nil for what lies before the first and behind the last one.
    mutating func add(_ part: CounterSummary, to window: Int?) {
        guard let first = part.first else { return }
        guard kind == .total else {
            // What each reading is of its own is added elsewhere.
            if kind == .derive { add((part.last ?? first) - (level ?? first), window) }
            level = part.last
            return
        }
        queue += part.head
        windows += part.head.map { _ in window }
        CounterReading.mark(&queue)
        guard let course = part.course else { return count(upTo: queue.count - CounterReading.reach) }
        count(upTo: queue.count)
        count(course, window)
        queue = part.tail
        windows = part.tail.map { _ in window }
        counted = 0
    }

    /// Counts what is still open.
    mutating func finish() {
        CounterReading.mark(&queue, isEnd: true)
        count(upTo: queue.count)
        settle()
    }

    /// What comes next has nothing to do with what was before.
    mutating func beginAnew() {
        finish()
        (queue, windows, counted) = ([], [], 0)
        (last, level) = (nil, nil)
    }

    private mutating func count(upTo end: Int) {
        while counted < end {
            count(queue[counted], windows[counted])
            counted += 1
        }
        // Readings behind are judged by so many before.
        let useless = counted - CounterReading.reach
        guard useless > 64 else { return }
        queue.removeFirst(useless)
        windows.removeFirst(useless)
        counted -= useless
    }

    private mutating func count(_ reading: CounterReading, _ window: Int?) {
        if reading.isWrong { return add(CounterTally(glitches: 1), window) }
        move(to: reading, window)
        last = reading
    }

    /// Counts how a reading was reached.
    private mutating func move(to reading: CounterReading, _ window: Int?) {
        guard let last else { return begin(at: reading.value) }
        switch rules.move(from: last, to: reading) {
        case .rise: rise(to: reading.value, window)
        case .correction:
            add(CounterTally(glitches: 1), window)
            fall(to: CounterAscent(reading.value))
        case .cut(let tally):
            settle()
            add(tally, window)
            begin(at: reading.value)
        }
    }

    private mutating func begin(at value: Double) {
        (mark, ascent, isBelow, pending) = (value, CounterAscent(value), false, [])
    }

    private mutating func fall(to ascent: CounterAscent) {
        (self.ascent, isBelow, pending) = (ascent, true, [])
    }

    private mutating func rise(to value: Double, _ window: Int?) {
        let gain = value - ascent.high
        ascent.rise(to: value)
        if !isBelow {
            add(gain, window)
            mark = value
        } else if value >= mark {
            add(value - mark, window)
            (mark, isBelow, pending) = (value, false, [])
        } else {
            hold(gain, window)
            if ascent.isProven { settle() }
        }
    }

    private mutating func hold(_ gain: Double, _ window: Int?) {
        if gain == 0 { return }
        if let last = pending.last, last.window == window {
            pending[pending.count - 1].gain += gain
        } else {
            pending.append((window, gain))
        }
    }

    /// What is below the mark counts.
    private mutating func settle() {
        for part in pending { add(part.gain, part.window) }
        (mark, isBelow, pending) = (ascent.high, false, [])
    }

    private mutating func count(_ course: CounterCourse, _ window: Int?) {
        guard let path = course.path else { return add(course.tally, window) }
        move(to: path.first, window)
        count(path.opening, window)
        if let closing = path.closing {
            settle()
            begin(at: closing.head.low)
            count(closing, window)
        }
        add(course.tally, window)
        last = path.last
    }

    /// - Parameter stretch: its first reading is counted.
    private mutating func count(_ stretch: CounterStretch, _ window: Int?) {
        for value in stretch.head.rises { rise(to: value, window) }
        rise(to: stretch.head.high, window)
        guard let rest = stretch.rest else { return }
        add(rest.between.gain(&mark), window)
        fall(to: rest.tail)
        let isUnderMark = rest.tail.isProven ? rest.tail.proven < mark : rest.tail.high < mark
        if isUnderMark {
            hold(rest.tail.high - rest.tail.low, window)
            if rest.tail.isProven { settle() }
        } else {
            add(rest.tail.high - mark, window)
            (mark, isBelow) = (rest.tail.high, false)
        }
    }

    private mutating func add(_ gain: Double, _ window: Int?) {
        if let window { tallies[window].increase += gain }
    }

    private mutating func add(_ tally: CounterTally, _ window: Int?) {
        if let window { tallies[window].add(tally) }
    }
}
