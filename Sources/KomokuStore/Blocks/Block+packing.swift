extension Block {
    /// Bytes of texts in one block, unless a single text is longer.
    static let textLimit = 256 << 10
    /// As good as full: a page is not used better by packing once more.
    private static let fullSize = targetSize * 39 / 40
    /// What columns take before their first point.
    private static let overhead = 60
    private static let probe = 512

    /// As many points from an index on as fill `targetSize`, at least one.
    ///
    /// - Parameter from: below the count of points.
    static func packed(_ columns: PointColumns, from start: Int) -> (data: [UInt8], count: Int) {
        let available = available(columns, from: start)
        var fitting: (data: [UInt8], count: Int)?
        // So many points are too many.
        var excess = available + 1
        var count = min(available, probe)
        // What nothing takes; then the attempt before.
        var before = Attempt(count: 0, size: overhead)
        for number in 1... {
            let data = encode(columns, start..<(start + count))
            if data.count <= targetSize || count == 1 {
                fitting = (data, count)
                if data.count >= fullSize || count + 1 >= excess { break }
            } else {
                excess = count
            }
            let fits = fitting?.count ?? 0
            if fits > 0, fits + 1 >= excess { break }
            let attempt = Attempt(count: count, size: data.count)
            var guess = number < 8 ? attempt.next(before) : (fits + excess) / 2
            // From a larger part the size of all is told better, and packing twice is saved.
            if number == 1, guess > probe * 4 { guess = min(guess, available) * 2 / 5 }
            before = attempt
            count = min(max(guess, fits + 1), excess - 1)
        }
        return fitting ?? (encode(columns, start..<(start + 1)), 1)
    }

    private struct Attempt {
        let count: Int
        let size: Int

        /// How many points would take just less than the target.
        func next(_ before: Attempt) -> Int {
            // A constant column grows by nothing at all.
            let rate = Double(count - before.count) / Double(size - before.size)
            guard rate > 0, rate.isFinite else { return count * 4 }
            let aim = (targetSize + fullSize) / 2
            return count + Int((Double(aim - size) * rate).rounded(.down))
        }
    }

    /// How many points may come into one block.
    private static func available(_ columns: PointColumns, from start: Int) -> Int {
        let limit = min(columns.count - start, maximumCount)
        guard !columns.texts.isEmpty else { return limit }
        // Texts come first in the order of their slots, apart from odd cases, in which some are not counted.
        var (next, size) = (0 as UInt64, 0)
        for index in start..<(start + limit) where columns.tags[index] & 3 == ValueKind.string.rawValue {
            let slot = columns.payloads[index]
            guard slot >= next, slot < UInt64(columns.texts.count) else { continue }
            next = slot + 1
            size += columns.texts[Int(slot)].utf8.count
            if size > textLimit { return max(1, index - start) }
        }
        return limit
    }
}
