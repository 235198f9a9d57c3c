extension CounterSummary {
    init(_ columns: PointColumns, _ range: Range<Int>, _ rules: CounterRules) {
        if rules.maximumRate == nil, range.count > 4 * CounterReading.reach, columns.holdsOnlyNumbers(range),
            columns.payloads[range].withUnsafeBytes({ Self.onlyRises($0.bindMemory(to: Double.self)) })
        {
            self.init(rising: columns, range, rules)
            return
        }
        var readings: [CounterReading] = []
        readings.reserveCapacity(range.count)
        for index in range where columns.kind(at: index) == .number {
            readings.append(columns.reading(at: index, rules))
        }
        self.init(readings, rules)
    }

    /// Of readings that only rise, most need not be looked at.
    private init(rising columns: PointColumns, _ range: Range<Int>, _ rules: CounterRules) {
        let reach = CounterReading.reach
        let inner = (range.lowerBound + reach)..<(range.upperBound - reach)
        let (first, last) = (
            columns.reading(at: inner.lowerBound, rules), columns.reading(at: inner.upperBound - 1, rules)
        )
        var climb = CounterClimb(first.value)
        for index in inner.dropFirst() {
            if climb.rises.count == CounterAscent.proof { break }
            climb.rise(to: Double(bitPattern: columns.payloads[index]))
        }
        climb.rise(to: last.value)
        var course = CounterCourse()
        course.path = CounterPath(first: first, last: last, opening: CounterStretch(head: climb), closing: nil)
        self.init(
            head: range.prefix(reach).map { columns.reading(at: $0, rules) }, course: course,
            tail: range.suffix(reach).map { columns.reading(at: $0, rules) }, rules)
    }

    private static func onlyRises(_ numbers: UnsafeBufferPointer<Double>) -> Bool {
        var drops = 0
        for index in 1..<numbers.count { drops &+= numbers[index] < numbers[index - 1] ? 1 : 0 }
        return drops == 0
    }
}

extension PointColumns {
    /// Its time is kept only where it matters.
    fileprivate func reading(at index: Int, _ rules: CounterRules) -> CounterReading {
        CounterReading(Double(bitPattern: payloads[index]), at: rules.maximumRate == nil ? nil : times[index])
    }
}
