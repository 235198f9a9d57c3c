package import Komoku

/// What became of a key that is expected to be heard of.
package enum Freshness: String, Hashable, Sendable {
    /// Nothing was heard of it for as long as `expect_every` says.
    case stale
    /// Something was heard of it again.
    case recovered
}

/// A key went stale or recovered. Neither is a change of its value.
package struct FreshnessEvent: Hashable, Sendable {
    package let key: KeyName
    package let type: KeyType
    package let freshness: Freshness
    /// When it did: where it went stale, the time of the gap in its history.
    package let time: Timestamp
    /// The newest put: what was last known, or what the recovery brings.
    package let last: Point
    /// Derived where it went stale, else that of the news.
    package let provenance: Provenance
    package let cause: Cause

    package init(
        key: KeyName, type: KeyType, freshness: Freshness, time: Timestamp, last: Point, provenance: Provenance,
        cause: Cause
    ) {
        self.key = key
        self.type = type
        self.freshness = freshness
        self.time = time
        self.last = last
        self.provenance = provenance
        self.cause = cause
    }

    package var isStale: Bool { freshness == .stale }

    /// The event in the shape of a change, with the last value on both sides; nil where there is none.
    package var change: Change? {
        last.value.map {
            Change(
                key: key, type: type, value: $0, time: last.time, previous: $0, provenance: provenance, cause: cause)
        }
    }
}
