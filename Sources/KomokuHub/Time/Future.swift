internal import HeapModule
internal import Komoku
internal import KomokuStore

/// The points of a key whose time has not come: stored already, and never its newest before.
struct Future {
    /// By time; where not all are here, those that come first.
    private(set) var points: [Point] = []
    /// Whether the store has more behind these.
    var isComplete = true
    /// Up to when the store's are here, where it has more.
    private(set) var readTo: Timestamp?
    /// Whether the store is asked for more.
    var isLoading = false

    /// So many are kept of a key; the others are read when their time is near.
    static let maximumCount = 512

    var next: Timestamp? { points.first?.time }

    /// Takes a point; of equal times the later counts.
    mutating func insert(_ point: Point) {
        let index = points.partitioningIndex { $0.time >= point.time }
        let isBeyond = index == points.count && !isComplete
        if index < points.count, points[index].time == point.time {
            points[index] = point
        } else if !isBeyond || isLoading {
            points.insert(point, at: index)
        }
        guard points.count > Self.maximumCount, !isLoading else { return }
        points.removeLast(points.count - Self.maximumCount)
        (isComplete, readTo) = (false, points.last?.time)
    }

    /// Takes what the store has, up to `readTo` or, where that is nil, all; what came meanwhile is newer.
    mutating func take(stored: [Point], readTo: Timestamp?) {
        let meanwhile = points
        (points, isLoading) = (stored, true)
        (isComplete, self.readTo) = (readTo == nil, readTo)
        for point in meanwhile where point.time <= readTo ?? .distantFuture { insert(point) }
        isLoading = false
    }

    mutating func removeFirst() -> Point { points.removeFirst() }

    /// - Returns: whether it was there.
    mutating func remove(at time: Timestamp) -> Bool {
        let index = points.partitioningIndex { $0.time >= time }
        guard index < points.count, points[index].time == time else { return false }
        points.remove(at: index)
        return true
    }
}

/// When the first of a key's future points falls due.
struct DueTime: Comparable {
    let time: Timestamp
    let key: KeyID

    static func < (left: DueTime, right: DueTime) -> Bool {
        (left.time, left.key.rawValue) < (right.time, right.key.rawValue)
    }
}

/// Points of all keys that wait for their time.
struct ComingPoints {
    var futures: [KeyID: Future] = [:]
    /// When the first of each key falls due.
    var dueTimes = Heap<DueTime>()
    /// Sources of which it was said that their times are ahead.
    var told: Set<String> = []
}
