package import Komoku

/// Some points of one key: `[NAME,[[T,V], …]]`.
public struct KeyPoints: Hashable, Sendable {
    public var key: String
    /// In the order in which they shall be stored; a value of null is a gap.
    public var points: [HistoryPoint]

    public init(key: String, points: [HistoryPoint]) {
        self.key = key
        self.points = points
    }

    /// Nil where it is none.
    package init?(_ json: JSON) {
        guard let items = json.array, items.count == 2, let key = items[0].string, let points = items[1].array
        else { return nil }
        self.key = key
        self.points = points.compactMap(HistoryPoint.init)
    }

    package var json: JSON { [.string(key), .array(points.map(\.json))] }
}
