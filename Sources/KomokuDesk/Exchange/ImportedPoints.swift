internal import Komoku

/// The points of a series as a key takes them.
struct ImportedPoints: Hashable, Sendable {
    struct Refused: Hashable, Sendable {
        var index: Int
        var reason: CommandError
    }

    /// As they came.
    var points: [Point] = []
    var refused: [Refused] = []

    var count: Int { points.count }

    /// What is stored as it is need not fit options, which may have changed since: only the type counts.
    init(_ series: [JSON], type: KeyType) {
        let options = KeyOptions()
        points.reserveCapacity(series.count)
        for (index, item) in series.enumerated() {
            guard let pair = item.array, pair.count == 2, let time = pair[0].number.flatMap(Timestamp.init(seconds:))
            else {
                refused.append(Refused(index: index, reason: .invalidQuery))
                continue
            }
            do throws(CommandError) {
                let value = pair[1].isNull ? nil : try Value(casting: pair[1], to: type, options: options)
                points.append(Point(time: time, value: value, provenance: .backfill))
            } catch {
                refused.append(Refused(index: index, reason: error))
            }
        }
    }

    /// Strictly ascending; of points of one time the last counts.
    static func ordered(_ points: [Point]) -> [Point] {
        if zip(points, points.dropFirst()).allSatisfy({ $0.time < $1.time }) { return points }
        var newest: [Timestamp: Int] = [:]
        for (index, point) in points.enumerated() { newest[point.time] = index }
        return newest.values.sorted { points[$0].time < points[$1].time }.map { points[$0] }
    }
}
