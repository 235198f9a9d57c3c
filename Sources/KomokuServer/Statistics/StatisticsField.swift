internal import Komoku
internal import KomokuStore

/// A figure of a window; which of them a key has depends on its type.
enum StatisticsField: String, Hashable, Sendable, CaseIterable {
    case count, edges
    case minimum = "min"
    case maximum = "max"
    case mean
    case timeMean = "time_mean"
    case sum, energy, deviation, first, last, delta, rate, increase, resets, glitches, percentiles, fraction
    case trueTime = "true_time"
    case longest, shortest, states, others
    /// Every key has it.
    case knownTime = "known_time"

    /// Those that a key has, in the order in which they are told.
    static func all(of type: KeyType, unit: String?) -> [StatisticsField] {
        let all = all(of: type)
        return type == .numeric && EnergyUnit(power: unit) == nil ? all.filter { $0 != .energy } : all
    }

    private static func all(of type: KeyType) -> [StatisticsField] {
        let numeric: [StatisticsField] = [
            .count, .minimum, .maximum, .mean, .timeMean, .sum, .deviation, .first, .last, .delta, .rate,
        ]
        return switch type {
        case .numeric: numeric + [.energy, .percentiles, .knownTime]
        case .counter: numeric + [.increase, .resets, .glitches, .percentiles, .knownTime]
        case .boolean, .uptime:
            [.count, .edges, .fraction, .trueTime, .longest, .shortest, .last, .knownTime]
        case .string: [.count, .edges, .states, .others, .last, .knownTime]
        }
    }

    /// Appends the figure as JSON; what is unknown, or no number that JSON has, is null.
    func write(_ window: WindowStatistics, into bytes: inout [UInt8]) {
        switch self {
        case .count: JSON.number(Double(window.count)).write(into: &bytes)
        case .edges: Self.write(window.edges.map(Double.init), into: &bytes)
        case .minimum: Self.write(window.minimum, into: &bytes)
        case .maximum: Self.write(window.maximum, into: &bytes)
        case .mean: Self.write(window.mean, into: &bytes)
        case .timeMean: Self.write(window.timeMean, into: &bytes)
        case .sum: Self.write(window.sum, into: &bytes)
        case .energy: Self.write(window.integral.map { $0 / 3600 }, into: &bytes)
        case .deviation: Self.write(window.deviation, into: &bytes)
        case .first: JSON(window.first).write(into: &bytes)
        case .last: JSON(window.last).write(into: &bytes)
        case .delta: Self.write(window.delta, into: &bytes)
        case .rate: Self.write(window.rate, into: &bytes)
        case .increase: Self.write(window.increase, into: &bytes)
        case .resets: Self.write(window.resets.map(Double.init), into: &bytes)
        case .glitches: Self.write(window.glitches.map(Double.init), into: &bytes)
        case .fraction: Self.write(window.fraction, into: &bytes)
        case .trueTime: Self.write(window.trueTime?.seconds, into: &bytes)
        case .longest: Self.write(window.longest?.seconds, into: &bytes)
        case .shortest: Self.write(window.shortest?.seconds, into: &bytes)
        case .knownTime: Self.write(window.known.seconds, into: &bytes)
        case .percentiles:
            JSON.writeList(window.percentiles, into: &bytes) { Self.write($0, into: &$1) }
        case .states:
            let states = window.states.map { JSON.Member($0.text, .number($0.time.seconds)) }
            JSON.object(states).write(into: &bytes)
        case .others:
            guard let others = window.others else { return JSON.null.write(into: &bytes) }
            let members: JSON = [
                "seconds": .number(others.time.seconds), "number": .number(Double(others.count)),
            ]
            members.write(into: &bytes)
        }
    }

    private static func write(_ number: Double?, into bytes: inout [UInt8]) {
        guard let number, number.isFinite else { return JSON.null.write(into: &bytes) }
        JSON.number(number).write(into: &bytes)
    }
}

extension JSON {
    /// Appends `[…]`.
    static func writeList<Items: Collection>(
        _ items: Items, into bytes: inout [UInt8], _ write: (Items.Element, inout [UInt8]) -> Void
    ) {
        bytes.append(UInt8(ascii: "["))
        var isFirst = true
        for item in items {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            write(item, &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
    }
}
