package import Komoku

/// What `compact` did.
package struct Compaction: Hashable, Sendable {
    package var before = StoreReport()
    package var after = StoreReport()

    package init() {}
}

/// How much the file holds, by tier.
package struct StoreReport: Hashable, Sendable {
    package struct Tier: Hashable, Sendable {
        /// `raw`, `5m`, `1h` or `damaged`.
        package var name = ""
        /// Points or buckets.
        package var count = 0
        package var blocks = 0
        package var bytes = 0

        package init(name: String, count: Int, blocks: Int, bytes: Int) {
            self.name = name
            self.count = count
            self.blocks = blocks
            self.bytes = bytes
        }
    }

    package var keys = 0
    package var tiers: [Tier] = []
    /// Points and bytes that seals wrote and no merge has taken yet.
    package var freshPoints = 0
    package var freshBytes = 0
    package var journalBytes = 0
    package var fileBytes = 0
    /// Bytes of the file that hold nothing.
    package var freeBytes = 0
    /// When the last merge pass ended; nil where there was none.
    package var lastMerge: Timestamp?
    /// Points dropped by retention, and by `max_size`, since the file was made.
    package var expiredPoints = 0
    package var cappedPoints = 0
    /// Points that came for hours of which only sums were left, since the file was made.
    package var leftOutPoints = 0

    package init() {}
}
