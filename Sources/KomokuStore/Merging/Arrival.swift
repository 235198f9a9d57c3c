import Komoku

/// When points came that were late: their hours stay open for a while, so that what was interrupted can be given again.
struct Arrival: Hashable {
    /// Microseconds since 1970.
    var time: Int64
    /// The newest time of a point that was late.
    var through: Int64

    /// What is older than this when it comes is late. Seals are made every two hours.
    private static let patience: Int64 = 3 * 3_600_000_000
    /// How long raw points are kept after they came, whatever their age is.
    static let grace = Duration.seconds(7 * 86_400)

    /// - Returns: nil where none of the points is late.
    init?(of points: PointColumns, at time: Int64) {
        let bound = time.clampedSum(-Self.patience)
        let late = points.firstIndex(from: bound)
        guard late > 0 else { return nil }
        (self.time, through) = (time, points.times[late - 1])
    }

    static func later(_ one: Arrival?, _ two: Arrival?) -> Arrival? {
        guard let one, let two else { return one ?? two }
        var later = one
        later.time = max(one.time, two.time)
        later.through = max(one.through, two.through)
        return later
    }

    /// When the latest of some points came, where one of them was late.
    func time(of points: PointColumns) -> Int64? {
        guard let first = points.times.first, first <= through else { return nil }
        return time
    }
}
