extension CounterSummary {
    init(_ columns: PointColumns, _ range: Range<Int>) {
        if columns.holdsOnlyNumbers(range) {
            self = columns.payloads[range].withUnsafeBytes { CounterSummary($0.bindMemory(to: Double.self)) }
        } else {
            let numbers = range.filter { columns.kind(at: $0) == .number }
                .map { Double(bitPattern: columns.payloads[$0]) }
            self = numbers.withUnsafeBufferPointer { CounterSummary($0) }
        }
    }

    init(_ numbers: UnsafeBufferPointer<Double>) {
        length = min(3, numbers.count)
        head = (OuterNumbers() + numbers.prefix(3)).head
        tail = (OuterNumbers() + numbers.suffix(3)).tail
        guard numbers.count > 3 else { return }
        if Self.onlyRises(numbers) {
            increase = numbers[numbers.count - 2] - numbers[1]
            return
        }
        var tally = CounterTally()
        for index in 2..<(numbers.count - 1) {
            tally.add(CounterStep(numbers[index - 2], numbers[index - 1], numbers[index], numbers[index + 1]).tally)
        }
        (increase, resets, glitches) = (tally.increase, tally.resets, tally.glitches)
    }

    private static func onlyRises(_ numbers: UnsafeBufferPointer<Double>) -> Bool {
        var drops = 0
        for index in 1..<numbers.count { drops &+= numbers[index] < numbers[index - 1] ? 1 : 0 }
        return drops == 0
    }
}
