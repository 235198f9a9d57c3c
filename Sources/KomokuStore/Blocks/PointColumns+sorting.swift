import Komoku

extension PointColumns {
    /// Of two points of one time the later one counts.
    init(sorting points: [Point]) {
        let isSorted = zip(points, points.dropFirst()).allSatisfy { $0.time < $1.time }
        if isSorted {
            self.init(points)
            return
        }
        // A stable order: of equal times the later one is last.
        let ordered = points.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        var unique: [Point] = []
        for (_, point) in ordered {
            if unique.last?.time == point.time { unique.removeLast() }
            unique.append(point)
        }
        self.init(unique)
    }
}
