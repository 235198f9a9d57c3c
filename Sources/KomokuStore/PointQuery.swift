import GRDB
import Komoku

/// A question for the points of one key.
struct PointQuery: Sendable {
    let key: KeyID
    let since: Timestamp?
    let until: Timestamp?
    let limit: Int
    let newestFirst: Bool

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
        guard let head, limit > 0 else { return [] }
        let sealed = try Meta.sealed.get(db) ?? 0
        let unsealed = head.filter { $0.generation > sealed }.map(\.points)
            .reduce([]) { PointMerge.ascending($0, $1) }
        let blocks = try BlockTable(db: db, key: key, report: report)
            .points(after: since, before: until, limit: limit, newestFirst: newestFirst)
        let all =
            newestFirst
            ? PointMerge.descending(blocks, unsealed.reversed()) : PointMerge.ascending(blocks, unsealed)
        return all.count > limit ? Array(all.prefix(limit)) : all
    }
}
