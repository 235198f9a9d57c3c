import Komoku
import KomokuTesting
import KomokuWire

@testable import KomokuDesk

/// What meters come to, worked out in the plainest way: reading by reading, each in the row that clocks name for it.
struct EnergyModel {
    struct Reading {
        var time: Timestamp
        var value: Double
    }

    let zone: Zone
    let home: Zone

    /// What each reading adds: what it is more than the one before, or after a reset all of it.
    func gains(_ readings: [Reading]) -> [Reading] {
        zip(readings, readings.dropFirst()).map { before, after in
            Reading(time: after.time, value: after.value >= before.value ? after.value - before.value : after.value)
        }
    }

    /// What tells one row from the others. An hour that clocks show twice is two.
    func label(_ time: Timestamp, _ step: EnergyStep) -> String {
        let local = zone.local(time)
        let days = local.daysSince1970
        return switch step {
        case .hour:
            "\(days) \(local.hour) \(local.secondsSince1970 - Int((time.microseconds / 1_000_000)))"
        case .day: "\(days)"
        // The first day of 1970 was a Thursday.
        case .week: "\((days + 3) / 7)"
        case .month: String(local.date.description.prefix(7))
        case .year: String(local.date.description.prefix(4))
        }
    }

    func amounts(_ readings: [Reading], _ step: EnergyStep) -> [String: Double] {
        gains(readings).reduce(into: [:]) { $0[label($1.time, step), default: 0] += $1.value }
    }

    func cost(_ readings: [Reading], _ step: EnergyStep, _ price: (Timestamp) -> Double) -> [String: Double] {
        gains(readings).reduce(into: [:]) { $0[label($1.time, step), default: 0] += $1.value * price($1.time) }
    }

    func minute(_ time: Timestamp) -> Int { home.local(time).secondOfDay / 60 }

    /// The mean of a price that was said from time to time, over the hour that clocks at home show.
    func mean(_ prices: [Reading], aroundHourOf time: Timestamp) -> Double {
        let start = home.start(of: .hour, at: time)
        let end = home.start(of: .hour, after: time)
        var sum = 0.0
        for (index, price) in prices.enumerated() {
            let until = index + 1 < prices.count ? prices[index + 1].time : end
            let overlap = (min(end, until) - max(start, price.time)).seconds
            if overlap > 0 { sum += overlap * price.value }
        }
        return sum / (end - start).seconds
    }
}

extension SplitMix {
    /// A counter that is read every few minutes and begins anew from time to time.
    mutating func counter(from start: Timestamp, until end: Timestamp) -> [EnergyModel.Reading] {
        var (time, value) = (start, Double.random(in: 50...100, using: &self))
        var readings: [EnergyModel.Reading] = []
        while time < end {
            readings.append(.init(time: time, value: value))
            // Often just on a bound of a row.
            time = time + .seconds(Int64.random(in: 1...18, using: &self) * 300)
            let gain = Double.random(in: 0...0.5, using: &self)
            value = value > 20 && Int.random(in: 0..<300, using: &self) == 0 ? gain : value + gain
        }
        return readings
    }
}
