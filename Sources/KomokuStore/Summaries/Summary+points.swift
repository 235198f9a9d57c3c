import Komoku

extension Summary {
    /// Adds points, which must be later than all that was added before.
    mutating func add(_ columns: PointColumns, _ range: Range<Int>, counter rules: CounterRules?) {
        if range.isEmpty { return }
        var summary = Summary()
        if columns.holdsOnlyNumbers(range) {
            summary.addNumbers(columns, range)
        } else {
            summary.addMixed(columns, range)
        }
        if let rules { summary.counter = CounterSummary(columns, range, rules) }
        add(summary)
    }

    /// The first points of an empty summary, all of them numbers: a few nanoseconds a point.
    private mutating func addNumbers(_ columns: PointColumns, _ range: Range<Int>) {
        take(columns, range)
        numbers = range.count
        columns.times.withUnsafeBufferPointer { times in
            columns.payloads.withUnsafeBufferPointer { payloads in
                var run = NumberRun(Double(bitPattern: payloads[range.lowerBound]))
                for index in (range.lowerBound + 1)..<range.upperBound {
                    let span = times[index].subtractingReportingOverflow(times[index - 1])
                    run.add(Double(bitPattern: payloads[index]), Double(span.overflow ? .max : span.partialValue))
                }
                (minimum, maximum, sum) = (run.minimum, run.maximum, run.sum)
                (mean, moment) = run.moments(count: Double(range.count))
                integral = run.integral * 1e-6
                edges = run.edges
            }
        }
        known = firstTime.distance(upTo: lastTime)
    }

    private mutating func take(_ columns: PointColumns, _ range: Range<Int>) {
        count = range.count
        (firstTime, lastTime) = (columns.times[range.lowerBound], columns.times[range.upperBound - 1])
        (first, last) = (columns.value(at: range.lowerBound), columns.value(at: range.upperBound - 1))
    }

    /// The first points of an empty summary, of any kind.
    private mutating func addMixed(_ columns: PointColumns, _ range: Range<Int>) {
        take(columns, range)
        for index in range {
            addValue(columns, index)
            if index == range.lowerBound { continue }
            let time = columns.times[index - 1].distance(upTo: columns.times[index])
            addHold(columns, index - 1, time)
            if columns.isEdge(index) { edges += 1 }
        }
    }

    @inline(__always)
    private mutating func addValue(_ columns: PointColumns, _ index: Int) {
        switch columns.kind(at: index) {
        case .gap: gaps += 1
        case .number:
            let number = Double(bitPattern: columns.payloads[index])
            minimum = numbers == 0 || number < minimum ? number : minimum
            maximum = numbers == 0 || number > maximum ? number : maximum
            var one = Summary()
            (one.numbers, one.mean) = (1, number)
            addMoment(of: one)
            sum += number
            numbers += 1
        case .boolean, .string: break
        }
    }

    @inline(__always)
    private mutating func addHold(_ columns: PointColumns, _ index: Int, _ time: Int64) {
        switch columns.kind(at: index) {
        case .gap: return
        case .number: integral += Double(bitPattern: columns.payloads[index]) * (Double(time) * 1e-6)
        case .boolean: if columns.payloads[index] != 0 { trueTime = trueTime.clampedSum(time) }
        case .string:
            guard let text = columns.text(at: index) else { return }
            if states == nil { states = StateTimes() }
            states?.add(text, time)
        }
        known = known.clampedSum(time)
    }
}

/// Sums over numbers that follow each other, in registers.
private struct NumberRun {
    var minimum: Double
    var maximum: Double
    var sum: Double
    /// Of how far each number is from the first one: near it nothing cancels.
    private let first: Double
    private var offsets = 0.0
    private var squares = 0.0
    /// Numbers times the microseconds that they held.
    var integral = 0.0
    var edges = 0
    private var previous: Double

    init(_ number: Double) {
        (minimum, maximum, sum, first, previous) = (number, number, number, number, number)
    }

    @inline(__always)
    mutating func add(_ number: Double, _ span: Double) {
        minimum = number < minimum ? number : minimum
        maximum = number > maximum ? number : maximum
        sum += number
        let offset = number - first
        offsets += offset
        squares += offset * offset
        integral += previous * span
        edges += number == previous ? 0 : 1
        previous = number
    }

    func moments(count: Double) -> (mean: Double, moment: Double) {
        let mean = offsets / count
        let moment = squares - offsets * mean
        // Of numbers whose squares no double holds.
        return (first + mean, moment.isNaN ? .infinity : max(0, moment))
    }
}

extension PointColumns {
    func holdsOnlyNumbers(_ range: Range<Int>) -> Bool {
        tags.withUnsafeBufferPointer { tags in
            var different: UInt8 = 0
            for index in range { different |= (tags[index] & 3) ^ ValueKind.number.rawValue }
            return different == 0
        }
    }

    /// The text of a point that is one.
    func text(at index: Int) -> String? {
        let slot = payloads[index]
        return slot < UInt64(texts.count) ? texts[Int(slot)] : nil
    }

    /// Whether a known value differs from the known value of the point before it.
    func isEdge(_ index: Int) -> Bool {
        let kind = kind(at: index)
        let before = self.kind(at: index - 1)
        if kind == .gap || before == .gap { return false }
        if kind != before { return true }
        switch kind {
        case .gap: return false
        case .number: return Double(bitPattern: payloads[index]) != Double(bitPattern: payloads[index - 1])
        case .boolean: return (payloads[index] != 0) != (payloads[index - 1] != 0)
        case .string:
            if payloads[index] == payloads[index - 1] { return false }
            guard let new = text(at: index), let old = text(at: index - 1) else { return false }
            return !new.hasSameBytes(as: old)
        }
    }
}
