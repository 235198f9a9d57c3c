/// Points between two times.
extension PointColumns {
    /// The indices of the points between two times, both included.
    func range(from: Int64, through: Int64) -> Range<Int> {
        let lower = firstIndex(from: from)
        return lower..<max(lower, firstIndex(after: through))
    }

    func firstIndex(after time: Int64) -> Int { time == .max ? count : firstIndex(from: time + 1) }

    func part(_ range: Range<Int>) -> PointColumns {
        if range == 0..<count { return self }
        var part = PointColumns()
        part.append(self, range)
        return part
    }

    /// The first of some points at or after a time; the end of the range where there is none.
    func index(from time: Int64, in range: Range<Int>) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
