package import Komoku

/// From a time on another meter is read under the same key: what the counter said before does not matter any more.
package struct Replacement: Hashable, Sendable {
    package var key: KeyID
    /// Of the first reading that may be the new meter's.
    package var time: Timestamp

    package init(key: KeyID, time: Timestamp) {
        (self.key, self.time) = (key, time)
    }
}

/// What is written of a replacement.
package struct ReplacementWrite: Hashable, Sendable {
    package var replacement: Replacement
    /// There was none after all.
    package var isWithdrawn: Bool

    package init(_ replacement: Replacement, isWithdrawn: Bool = false) {
        (self.replacement, self.isWithdrawn) = (replacement, isWithdrawn)
    }
}

/// All replacements, by key.
///
/// A question is cut at each of them, so no bucket has to know of them: that of the hour in which one lies is not used, and the raw
/// points of that hour are kept whatever the retention says. One on a whole hour lies between two buckets and needs no points.
struct ReplacementBook: Sendable {
    /// Microseconds since 1970, ascending.
    private var times: [KeyID: [Int64]] = [:]

    init(_ replacements: [Replacement] = []) {
        for replacement in replacements { insert(replacement) }
    }

    func of(_ key: KeyID) -> [Int64] { times[key] ?? [] }

    mutating func apply(_ writes: [ReplacementWrite]) {
        for write in writes {
            let (key, time) = (write.replacement.key, write.replacement.time.microseconds)
            if write.isWithdrawn {
                times[key]?.removeAll { $0 == time }
            } else {
                insert(write.replacement)
            }
            if times[key]?.isEmpty == true { times[key] = nil }
        }
    }

    mutating func remove(_ key: KeyID) { times[key] = nil }

    private mutating func insert(_ replacement: Replacement) {
        let time = replacement.time.microseconds
        var all = times[replacement.key] ?? []
        guard !all.contains(time) else { return }
        all.append(time)
        times[replacement.key] = all.sorted()
    }

    /// Whether points from one time to another are of an hour that is cut.
    func needsPoints(of key: KeyID, from start: Int64, through end: Int64) -> Bool {
        times[key]?.contains { time in
            let hour = Tier.hour.start(of: time)
            return hour != time && start < hour.clampedSum(Tier.hour.span) && end >= hour
        } ?? false
    }
}
