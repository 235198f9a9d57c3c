import Komoku

/// The times in which nobody watched a key, in microseconds since 1970: ascending, and apart from each other.
struct Outages: Hashable, Sendable {
    private var starts: [Int64] = []
    private var ends: [Int64] = []

    init() {}

    init(_ outages: [Outage]) {
        for outage in outages.sorted(by: { $0.start < $1.start }) {
            add(outage.start.microseconds, outage.end?.microseconds ?? .max)
        }
    }

    /// One that begins no earlier than those before.
    private mutating func add(_ start: Int64, _ end: Int64) {
        guard start < end else { return }
        if let last = ends.last, start <= last {
            ends[ends.count - 1] = max(last, end)
        } else {
            starts.append(start)
            ends.append(end)
        }
    }

    var isEmpty: Bool { starts.isEmpty }

    /// How much of the time from one moment to another nobody watched.
    func overlap(_ from: Int64, _ to: Int64) -> Int64 {
        guard from < to, var index = first(endingAfter: from) else { return 0 }
        var sum: Int64 = 0
        while index < starts.count, starts[index] < to {
            sum = sum.clampedSum(max(from, starts[index]).distance(upTo: min(to, ends[index])))
            index += 1
        }
        return sum
    }

    /// When the first outage between two moments begins; nil where there is none.
    func start(between from: Int64, and to: Int64) -> Int64? {
        guard let index = first(endingAfter: from), starts[index] < to else { return nil }
        return max(from, starts[index])
    }

    /// The outage that is under way at a time, or the next one.
    func next(at time: Int64) -> Range<Int64>? {
        first(endingAfter: time).map { starts[$0]..<ends[$0] }
    }

    private func first(endingAfter time: Int64) -> Int? {
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= time { low = middle + 1 } else { high = middle }
        }
        return low < ends.count ? low : nil
    }

    /// How many points from the first of a range on lie so that no outage comes between any two of them; at least one.
    func prefix(of columns: PointColumns, in range: Range<Int>) -> Int {
        guard !isEmpty, !range.isEmpty else { return range.count }
        let first = columns.times[range.lowerBound]
        guard let outage = next(at: first), outage.lowerBound < columns.times[range.upperBound - 1] else {
            return range.count
        }
        if outage.lowerBound <= first { return 1 }
        let end = columns.index(from: outage.lowerBound, in: range)
        // A point at the very moment at which it begins still was seen.
        return max(
            1, (end < range.upperBound && columns.times[end] == outage.lowerBound ? end + 1 : end) - range.lowerBound)
    }
}
