internal import Komoku

/// From when to when a command asks; the end is left out.
struct HistoryRange: Hashable, Sendable {
    /// Nil is a day before the end.
    var since: Timestamp?
    /// Nil is now.
    var until: Timestamp?

    private static let day = Duration.seconds(86_400)

    init(_ body: JSON) throws(Refusal) {
        since = try body.moment("since")
        until = try body.moment("until")
    }

    /// - Throws: where there is nothing between the bounds.
    func bounds(now: Timestamp) throws(Refusal) -> Range<Timestamp> {
        let end = until ?? now
        let start = since ?? end - Self.day
        guard start < end else {
            throw .invalidQuery(
                "the range is empty: it begins at \(DecimalNumber.text(start.seconds)) and ends at "
                    + DecimalNumber.text(end.seconds))
        }
        return start..<end
    }
}
