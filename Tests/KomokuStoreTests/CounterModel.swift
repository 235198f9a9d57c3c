import Komoku
import KomokuTesting

@testable import KomokuStore

/// How a counter is read, computed from all its readings in the plainest way: what each of them adds.
struct CounterModel {
    let readings: [CounterReading]
    let rules: CounterRules
    /// From each of these times on it is another meter.
    let replacements: [Int64]
    private var numbers: [Double] { readings.map(\.value) }

    init(_ readings: [CounterReading], _ rules: CounterRules = CounterRules(), replacements: [Int64] = []) {
        (self.readings, self.rules, self.replacements) = (readings, rules, replacements.sorted())
    }

    init(_ numbers: [Double], _ rules: CounterRules = CounterRules(), step: Int64 = 300_000_000) {
        self.init(numbers.enumerated().map { CounterReading($0.element, at: Int64($0.offset) * step) }, rules)
    }

    var total: CounterTally { gains.reduce(into: CounterTally()) { $0.add($1) } }

    // MARK: Which readings are wrong

    func isWrong(_ index: Int) -> Bool {
        let numbers = numbers
        for before in max(0, index - 5)..<index {
            for after in (index + 1)..<max(index + 1, min(numbers.count, before + 7)) {
                if isGap(numbers, before, after) { return true }
            }
        }
        return isFlicker(index, numbers)
    }

    /// Whether all between two readings is wrong.
    private func isGap(_ numbers: [Double], _ before: Int, _ after: Int) -> Bool {
        let between = numbers[(before + 1)..<after]
        guard let bottom = between.min(), let top = between.max() else { return false }
        let (from, to) = (numbers[before], numbers[after])
        let (depth, height) = (from - bottom, top - to)
        let isDip = depth > 0 && to >= from - depth / 10
        let isSpike = returns(from, top, to) && height >= to / 10
        func isOff(_ number: Double) -> Bool {
            isDip && number < from - depth * 2 / 3 || isSpike && number > to + height * 2 / 3
        }
        return (isDip || isSpike) && between.allSatisfy(isOff)
    }

    private func isFlicker(_ index: Int, _ numbers: [Double]) -> Bool {
        guard index > 0, index + 1 < numbers.count else { return false }
        let top = numbers[index]
        return returns(numbers[index - 1], top, numbers[index + 1])
            && numbers[(index + 1)..<min(numbers.count, index + 6)].allSatisfy { $0 < top }
    }

    private func returns(_ from: Double, _ top: Double, _ to: Double) -> Bool {
        from > 0 && top > from && to > from - from / 10 && top > to && top - to >= 10 * (to - from)
    }

    // MARK: What each reading adds

    var gains: [CounterTally] {
        let meters = [.min] + replacements
        guard meters.count > 1 else { return gainsOfOneMeter }
        return zip(meters, meters.dropFirst() + [.max]).flatMap { begin, end in
            CounterModel(readings.filter { begin..<end ~= $0.time ?? 0 }, rules).gainsOfOneMeter
        }
    }

    private var gainsOfOneMeter: [CounterTally] {
        var gains = [CounterTally](repeating: CounterTally(), count: readings.count)
        let right = readings.indices.filter { !isWrong($0) }
        for index in readings.indices where !right.contains(index) { gains[index].glitches = 1 }
        var stretch: [Int] = []
        for index in right {
            if let last = stretch.last, case .cut(let tally) = rules.move(from: readings[last], to: readings[index]) {
                add(stretch, to: &gains)
                gains[index].add(tally)
                stretch = []
            }
            stretch.append(index)
        }
        add(stretch, to: &gains)
        return gains
    }

    /// Readings without a cut among them.
    private func add(_ stretch: [Int], to gains: inout [CounterTally]) {
        var ascents: [[Int]] = []
        for index in stretch {
            if let last = ascents.last?.last, readings[index].value >= readings[last].value {
                ascents[ascents.count - 1].append(index)
            } else {
                if !ascents.isEmpty { gains[index].glitches += 1 }
                ascents.append([index])
            }
        }
        var mark = stretch.first.map { readings[$0].value } ?? 0
        for (number, ascent) in ascents.enumerated() {
            add(ascent, &mark, isLast: number == ascents.count - 1, to: &gains)
        }
    }

    private func add(_ ascent: [Int], _ mark: inout Double, isLast: Bool, to gains: inout [CounterTally]) {
        let values = ascent.map { readings[$0].value }
        let levels = values.reduce(into: [Double]()) { if $0.last != $1 { $0.append($1) } }
        let counts = levels.count > 6 ? levels[6] < mark : isLast && levels[levels.count - 1] < mark
        if counts { mark = values[0] }
        for (index, value) in zip(ascent, values) where value > mark {
            gains[index].increase += value - mark
            mark = value
        }
    }
}

/// What meters say.
enum MeterHistory: CaseIterable {
    case clean, flicker, jitter, wild, small

    func numbers(_ count: Int, _ random: inout SplitMix) -> [Double] {
        var level = Double(Int.random(in: 0...3000, using: &random)) / 4
        return (0..<count).map { _ in reading(&level, &random) }
    }

    private func reading(_ level: inout Double, _ random: inout SplitMix) -> Double {
        switch self {
        case .clean: level += Double(Int.random(in: 0...3, using: &random)) / 4
        case .flicker:
            level += 1
            return random.chance(30) ? level - 1 : level
        case .jitter: return level + Double(Int.random(in: 0...3, using: &random)) / 4
        case .wild: return wild(&level, &random)
        case .small: return Double(Int.random(in: -1...6, using: &random))
        }
        return level
    }

    private func wild(_ level: inout Double, _ random: inout SplitMix) -> Double {
        switch Int.random(in: 0..<16, using: &random) {
        case 0, 1: return Double(Int.random(in: -1...1, using: &random))
        case 2: return level * 50 + 7
        case 3: level = (level * 0.95).rounded()
        case 4: level = (level * 0.6).rounded()
        case 5: level = Double(Int.random(in: 0...3, using: &random))
        case 6: return level + 5
        case 7: break
        default: level += Double(Int.random(in: 0...40, using: &random)) / 4
        }
        return level
    }
}
