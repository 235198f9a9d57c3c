/// How a counter grew over readings that are known to be right or wrong; any two that follow each other can be joined.
struct CounterCourse: Hashable, Sendable {
    /// Of all but the first and the last stretch. Whatever was left out or corrected is counted.
    var tally = CounterTally()
    var path: CounterPath?

    init() {}

    init(_ reading: CounterReading) {
        if reading.isWrong {
            tally.glitches = 1
        } else {
            path = CounterPath(reading)
        }
    }

    mutating func append(_ later: CounterCourse, _ rules: CounterRules) {
        tally.add(later.tally)
        guard let more = later.path else { return }
        if path == nil {
            path = more
        } else {
            path?.append(more, rules, &tally)
        }
    }
}

/// The right readings among them.
struct CounterPath: Hashable, Sendable {
    var first: CounterReading
    var last: CounterReading
    /// Up to the first cut, and from the last one on, where there is any.
    var opening: CounterStretch
    var closing: CounterStretch?

    init(_ reading: CounterReading) {
        (first, last) = (reading, reading)
        opening = CounterStretch(head: CounterClimb(reading.value))
    }

    init(first: CounterReading, last: CounterReading, opening: CounterStretch, closing: CounterStretch?) {
        (self.first, self.last, self.opening, self.closing) = (first, last, opening, closing)
    }

    /// Whether what comes next depends on nothing that was before.
    var isSettled: Bool { closing != nil || opening.isProven }

    mutating func append(_ later: CounterPath, _ rules: CounterRules, _ tally: inout CounterTally) {
        var stretch = closing ?? opening
        switch rules.move(from: last, to: later.first) {
        case .cut(let gain):
            tally.add(gain)
            if closing != nil { tally.increase += stretch.gain }
            closing = later.closing ?? later.opening
            if later.closing != nil { tally.increase += later.opening.gain }
        case .correction:
            tally.glitches += 1
            stretch.append(later.opening, isCorrection: true)
            join(stretch, later.closing, &tally)
        case .rise:
            stretch.append(later.opening, isCorrection: false)
            join(stretch, later.closing, &tally)
        }
        last = later.last
    }

    private mutating func join(_ stretch: CounterStretch, _ end: CounterStretch?, _ tally: inout CounterTally) {
        if closing == nil {
            (opening, closing) = (stretch, end)
        } else if let end {
            tally.increase += stretch.gain
            closing = end
        } else {
            closing = stretch
        }
    }
}

/// A part of a path without a cut: ascents, and corrections between them.
struct CounterStretch: Hashable, Sendable {
    var head: CounterClimb
    var rest: Rest?

    /// What came after the first correction.
    struct Rest: Hashable, Sendable {
        var between = CounterPassage()
        var tail: CounterAscent
    }

    var isProven: Bool {
        head.rises.count == CounterAscent.proof || rest.map { $0.between.proof != nil || $0.tail.isProven } ?? false
    }

    mutating func append(_ later: CounterStretch, isCorrection: Bool) {
        if isCorrection {
            if let tail = rest?.tail { rest?.between.append(tail) }
            follow(CounterAscent(later.head), later.rest)
        } else if var tail = rest?.tail {
            tail.go(on: later.head)
            follow(tail, later.rest)
        } else {
            head.go(on: later.head)
            rest = later.rest
        }
    }

    private mutating func follow(_ ascent: CounterAscent, _ later: Rest?) {
        var between = rest?.between ?? CounterPassage()
        if let later {
            between.append(ascent)
            between.append(later.between)
        }
        rest = Rest(between: between, tail: later?.tail ?? ascent)
    }

    /// All that was gained, where nothing was counted before and nothing comes behind.
    var gain: Double {
        let first = head.high - head.low
        guard let rest else { return first }
        var mark = head.high
        let passed = rest.between.gain(&mark)
        return first + passed + CounterPassage.finalGain(of: rest.tail, mark)
    }
}
