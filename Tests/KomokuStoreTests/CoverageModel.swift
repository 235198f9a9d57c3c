import Komoku
import KomokuTesting

@testable import KomokuStore

/// What is known of one key, as a plain list of points.
struct CoverageModel {
    var points: [Int64: Value?] = [:]

    struct Figures: Equatable {
        var count = 0
        var sum = 0.0
        var minimum: Double?
        var maximum: Double?
        /// Microseconds.
        var known: Int64 = 0
        var trueTime: Int64 = 0
        var edges = 0
        /// Numbers by the seconds that they held.
        var integral = 0.0
    }

    typealias Timeline = [(time: Int64, value: Value?)]

    var timeline: Timeline { points.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } }

    /// What a window says, computed from all points; a value holds until the next point, or until now.
    static func figures(_ all: Timeline, from: Int64, before: Int64, now: Int64) -> Figures {
        var figures = Figures()
        var begin = all.startIndex
        var end = all.endIndex
        while begin < end {
            let middle = (begin + end) / 2
            if all[middle].time < from { begin = middle + 1 } else { end = middle }
        }
        var previous: Value?
        for index in max(0, begin - 1)..<all.count {
            let point = all[index]
            if point.time >= before { break }
            let end = min(index + 1 < all.count ? all[index + 1].time : .max, before, now)
            let held = max(0, end - max(point.time, from))
            if let value = point.value, held > 0 {
                figures.known += held
                if value == .boolean(true) { figures.trueTime += held }
                figures.integral += (value.number ?? 0) * Double(held) / 1e6
            }
            defer { previous = point.value }
            guard point.time >= from else { continue }
            figures.count += 1
            if let number = point.value?.number {
                figures.sum += number
                figures.minimum = min(figures.minimum ?? number, number)
                figures.maximum = max(figures.maximum ?? number, number)
            }
            if let value = point.value, let previous, value != previous { figures.edges += 1 }
        }
        return figures
    }

    static func numbers(_ all: Timeline, from: Int64, before: Int64) -> [Double] {
        all.filter { $0.time >= from && $0.time < before }.compactMap { $0.value?.number }.sorted()
    }
}

extension WindowStatistics {
    /// Whether a window says what the model does.
    ///
    /// - Parameter isExact: whether how long values held is asked for too: not where series were joined as sums.
    func agrees(with figures: CoverageModel.Figures, type: KeyType, isExact: Bool = true) -> Bool {
        guard count == figures.count else { return false }
        if type == .numeric {
            guard isNear(sum ?? 0, figures.sum, scale: 1e4), minimum == figures.minimum, maximum == figures.maximum
            else { return false }
        }
        guard isExact else { return true }
        guard known.microseconds == figures.known else { return false }
        if type == .boolean { return trueTime?.microseconds == figures.trueTime && edges == figures.edges }
        let integral = (timeMean ?? 0) * Double(known.microseconds) / 1e6
        return isNear(integral, figures.integral, scale: 1e9)
    }
}
