internal import Komoku

/// What `export` asks for.
struct ExportRequest: Hashable, Sendable {
    var pattern: KeyPattern
    /// Nil is from the first point on.
    var since: Timestamp?
    /// Left out; nil is to the last point.
    var until: Timestamp?

    init(_ body: JSON) throws(Refusal) {
        guard body.object != nil || body.isNull else { throw .invalidQuery }
        pattern = try body.pattern("match") ?? .all
        since = try body.moment("since")
        until = try body.moment("until")
        if let since, let until, since >= until { throw .invalidQuery("the range is empty: it ends before it begins") }
    }
}
