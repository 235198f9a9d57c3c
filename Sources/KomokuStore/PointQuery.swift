import KomokuSQLite
import Komoku

/// A question for the points of one key.
struct PointQuery: Sendable {
    let key: KeyID
    let since: Timestamp?
    let until: Timestamp?
    let limit: Int
    let newestFirst: Bool

    /// Of a few points only the blocks that hold them are read.
    var scope: ReadingScope {
        ReadingScope(
            key: key, tiers: limit <= Self.few ? [] : [.raw], from: since?.microseconds ?? .min,
            through: until?.microseconds ?? .max)
    }

    private static let few = 1000

    /// What the head knows; nil where the key is deleted.
    func head(of state: borrowing StoreState) -> [HeadPoints]? {
        guard key.rawValue >= 0, !state.deleted.contains(key.index) else { return nil }
        return state.headPoints(of: key, after: since, before: until, newestLimit: newestFirst ? max(0, limit) : .max)
    }

    /// Puts head and blocks together.
    ///
    /// - Parameter db: a snapshot that begins after the head was copied.
    func points(
        head: [HeadPoints]?, _ db: Database, _ report: @escaping (DamagedBlock) -> Void
    ) throws -> [Point] {
        guard let head, limit > 0, let bounds else { return [] }
        let snapshot = try KeySnapshot(
            db, key, head: head, through: bounds.upperBound, report: report)
        var found: [Point] = []
        try snapshot.forEach(from: bounds.lowerBound, through: bounds.upperBound, newestFirst: newestFirst) {
            columns, range in
            let wanted = limit - found.count
            if newestFirst {
                found += range.suffix(wanted).reversed().map { columns[$0] }
            } else {
                found += range.prefix(wanted).map { columns[$0] }
            }
            return found.count < limit
        }
        return found
    }

    /// The bounds as they are included, in microseconds.
    private var bounds: ClosedRange<Int64>? {
        let (since, until) = (since?.microseconds ?? .min, until?.microseconds ?? .max)
        let from = self.since == nil || since == .max ? since : since + 1
        let through = self.until == nil || until == .min ? until : until - 1
        guard since < until, from <= through else { return nil }
        return from...through
    }
}
