internal import Komoku
internal import KomokuHub

/// A part of what a client imports.
struct ImportRequest: Hashable, Sendable {
    struct Series: Hashable, Sendable {
        var name: KeyName
        /// `[[T,V], …]`, not looked at yet.
        var points: [JSON]
    }

    var definitions: [Definition]
    var series: [Series]
    /// Nothing more will come.
    var isDone: Bool

    /// - Throws: where the shape is wrong or a name is none, before anything is done.
    init(_ body: JSON) throws(Refusal) {
        guard body.object != nil else { throw .invalidQuery }
        definitions = []
        if let keys = body["keys"], !keys.isNull { definitions = try [Definition](keys) }
        series = try Self.series(body["points"])
        isDone = try body.flag("done")
    }

    private static func series(_ json: JSON?) throws(Refusal) -> [Series] {
        guard let json, !json.isNull else { return [] }
        let shape = Refusal.invalidQuery("'points' is a list of [NAME,[[T,V], …]]")
        guard let items = json.array else { throw shape }
        var series: [Series] = []
        for item in items {
            guard let parts = item.array, parts.count == 2, let name = parts[0].string, let points = parts[1].array
            else { throw shape }
            guard let name = KeyName(name) else {
                throw Refusal(.invalidKey, "'\(name.prefix(100))' cannot be the name of a key")
            }
            series.append(Series(name: name, points: points))
        }
        return series
    }
}

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
