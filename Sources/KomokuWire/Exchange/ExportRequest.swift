package import Komoku

/// `export`: which keys, and from when to when.
package struct ExportRequest: Shape, Hashable {
    package var pattern = KeyPattern.all
    /// Nil is from the first point on.
    package var since: Timestamp?
    /// Left out; nil is to the last point.
    package var until: Timestamp?

    package init() {}

    package init(_ pattern: KeyPattern, since: Timestamp? = nil, until: Timestamp? = nil) {
        (self.pattern, self.since, self.until) = (pattern, since, until)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.unless(.all, "match", &pattern)
        try visit.moment("since", &since)
        try visit.moment("until", &until)
        if let since, let until, since >= until {
            try visit.refuse(.invalidQuery("the range is empty: it ends before it begins"))
        }
    }
}

/// A message of an export: definitions, then points, then the end.
public enum ExportPart: Hashable, Sendable {
    /// Keys that match; all of them come before the points, in one part or several.
    case keys([KeyDefinition])
    /// Points of some keys; those of one key follow each other, ascending by time.
    case points([KeyPoints])
    /// The end of it, with how much it was; without it the export is not whole.
    case done(points: Int, keys: Int)

    /// Nil where it is none.
    package init?(_ json: JSON) {
        if let keys = json["keys"]?.object {
            self = .keys(keys.compactMap(KeyDefinition.init(exported:)))
        } else if let points = json["points"]?.array {
            self = .points(points.compactMap(KeyPoints.init))
        } else if json["done"] == .bool(true) {
            func count(_ name: String) -> Int { json[name]?.number.flatMap { Int(exactly: $0) } ?? 0 }
            self = .done(points: count("points"), keys: count("keys"))
        } else {
            return nil
        }
    }

    package var json: JSON {
        switch self {
        case .keys(let keys): ["keys": keys.wire]
        case .points(let points): ["points": .array(points.map(\.json))]
        case .done(let points, let keys):
            ["done": true, "points": .number(Double(points)), "keys": .number(Double(keys))]
        }
    }
}
