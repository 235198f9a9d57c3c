package import Komoku

/// Which points of a key are told one by one, ascending.
package struct SeriesRequest: Shape, Hashable {
    package var key = KeyName.blank
    /// The end is left out.
    package var range = HistoryRange()
    /// Only points behind this time.
    package var after: Timestamp?
    package var limit: Int?

    /// The most points of an answer that is held as a whole, and how many it has where nothing is said.
    package static let mostPoints = 100_000
    package static let usualPoints = 10_000

    package init() {}

    package init(_ key: KeyName, since: Timestamp? = nil, until: Timestamp? = nil, limit: Int? = nil) {
        (self.key, range, self.limit) = (key, HistoryRange(since: since, until: until), limit)
    }

    package mutating func members<Visitor: MemberVisitor>(_ visit: inout Visitor) throws(Visitor.Fault) {
        try visit.required("key", &key)
        try range.members(&visit)
        try visit.moment("after", &after)
        try visit.count("limit", &limit, in: 1...Self.mostPoints)
    }
}
