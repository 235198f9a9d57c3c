/// What is known of the points of one key in one bucket of a tier.
struct TierBucket: Hashable, Sendable {
    /// Microseconds since 1970; a multiple of the tier's span.
    var start: Int64
    /// Of at least one point, all of them in the bucket.
    var summary: Summary
}
