import Komoku

/// Merges points of one key.
enum PointMerge {
    /// Both strictly ascending; of two points of one time that of `newer` counts.
    static func ascending(_ older: some Collection<Point>, _ newer: some Collection<Point>) -> [Point] {
        merge(older, newer) { $0 < $1 }
    }

    /// Both strictly descending; of two points of one time that of `newer` counts.
    static func descending(_ older: some Collection<Point>, _ newer: some Collection<Point>) -> [Point] {
        merge(older, newer) { $0 > $1 }
    }

    private static func merge(
        _ older: some Collection<Point>, _ newer: some Collection<Point>, by precedes: (Timestamp, Timestamp) -> Bool
    ) -> [Point] {
        if older.isEmpty { return Array(newer) }
        if newer.isEmpty { return Array(older) }
        var merged: [Point] = []
        merged.reserveCapacity(older.count + newer.count)
        var left = older.makeIterator()
        var old = left.next()
        for point in newer {
            while let next = old, precedes(next.time, point.time) {
                merged.append(next)
                old = left.next()
            }
            if old?.time == point.time { old = left.next() }
            merged.append(point)
        }
        while let next = old {
            merged.append(next)
            old = left.next()
        }
        return merged
    }
}
