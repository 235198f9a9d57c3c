import Komoku
import KomokuSQLite

/// What a question is about, to tell a short one from a long one before it is read.
struct ReadingScope: Sendable {
    let key: KeyID
    /// Those whose blocks are read; none where it is short in any case.
    let tiers: [Tier]
    let from: Int64
    let through: Int64

    /// Of no more blocks than these is what is short: some ten milliseconds.
    private static let blocks = 32

    static func short(_ key: KeyID) -> ReadingScope { ReadingScope(key: key, tiers: [], from: 0, through: 0) }

    /// Asks the index only.
    func isShort(_ db: Database) throws -> Bool {
        var count = 0
        for tier in tiers {
            let statement = try db.cachedStatement(
                sql: """
                    SELECT count(*) FROM
                    (SELECT 1 FROM blocks WHERE key = ? AND tier = ? AND start BETWEEN ? AND ? LIMIT ?)
                    """)
            count +=
                try Int.fetchOne(
                    statement, arguments: [key.rawValue, tier.rawValue, from, through, Self.blocks + 1]) ?? 0
        }
        return count <= Self.blocks
    }
}

extension Store {
    /// Reads on a thread of the readers. What is short does not wait for what takes long: one reader is kept for it.
    func read(_ scope: ReadingScope, _ body: @escaping @Sendable (Result<Database, any Swift.Error>) -> Void) {
        database.asyncRead(isShort: true) { [database] db in
            let isShort = try? scope.isShort(db.get())
            if isShort ?? true { body(db) } else { database.asyncRead(body) }
        }
    }
}

extension StatisticsQuery {
    var scope: ReadingScope {
        let (first, last) = (bounds.first?.microseconds ?? 0, bounds.last?.microseconds ?? 0)
        let isFine = first.distance(upTo: last) / Int64(max(1, bounds.count - 1)) < Tier.fiveMinutes.span
        let needsPoints = !percentiles.isEmpty || wantsSpans || isFine
        return ReadingScope(key: key, tiers: needsPoints ? [.raw] : Tier.summaries, from: first, through: last)
    }
}
