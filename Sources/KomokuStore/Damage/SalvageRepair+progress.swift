import Komoku
import KomokuSQLite

extension SalvageRepair {
    /// How far keys are merged, and from when on their tiers are whole: what cannot be so, is worked out from what there is.
    func mendProgress() throws {
        let sealed = try Meta.sealed.get(db) ?? 0
        // Of a key that nobody can have.
        try db.execute(
            sql: "DELETE FROM progress WHERE key NOT IN (SELECT id FROM keys UNION ALL SELECT key FROM retired)")
        for record in try KeyTable.fetch(db, skipped: { _, _ in }) {
            let key = record.id
            let before = try ProgressTable.get(key, db)
            var progress = before
            if !(0...sealed).contains(progress.seal) { progress.seal = 0 }
            try mendBounds(&progress, of: key)
            progress.seal = try merged(upTo: progress, of: key)
            if progress != before { try ProgressTable.set(progress, of: key, db) }
        }
    }

    private func mendBounds(_ progress: inout KeyProgress, of key: KeyID) throws {
        let raw = try bounds(of: key, .raw)
        let buckets = try Tier.summaries.map { try bounds(of: key, $0) }
        let newest = ([raw] + buckets).compactMap { $0?.upperBound }.max()
        func mended(_ since: Int64?, _ own: ClosedRange<Int64>?, _ coarser: Int64?) -> Int64? {
            // Before all there is, or behind it: then where its own begin, if something coarser begins before that.
            if let since, since <= Tier.hour.ceiling(of: newest ?? .max), since >= coarser ?? .min { return since }
            guard let coarser, case let first = own?.lowerBound ?? newest ?? coarser,
                Tier.hour.start(of: first) > coarser
            else { return nil }
            return Tier.hour.ceiling(of: first)
        }
        let coarsest = buckets.compactMap { $0?.lowerBound }.min()
        progress.horizon = mended(progress.horizon, raw, coarsest)
        progress.fiveMinutesSince = mended(progress.fiveMinutesSince, buckets[0], buckets[1]?.lowerBound)
        if let since = progress.hoursSince, since > Tier.hour.ceiling(of: newest ?? .max) || since < coarsest ?? .min {
            progress.hoursSince = nil
        }
    }

    private func bounds(of key: KeyID, _ tier: Tier) throws -> ClosedRange<Int64>? {
        let (blocks, tail) = (BlockTable(db, key, tier), try TailTable(db, key, tier).row())
        guard let start = try blocks.first()?.start ?? tail?.start, let end = try tail?.end ?? blocks.last()?.end
        else { return nil }
        return start...max(start, end)
    }

    /// The newest seal up to which all points of a key are merged.
    private func merged(upTo progress: KeyProgress, of key: KeyID) throws -> Int64 {
        let table = FreshTable(db, key)
        for seal in try FreshTable.seals(db) where seal <= progress.seal {
            for row in try table.rows(of: seal) {
                guard let points = try? Block.decode(row.data), let first = points.times.first,
                    let last = points.times.last
                else { continue }
                let merged = try KeySnapshot(merged: key, db, report: { _ in })
                var times: Set<Int64> = []
                try merged.forEach(from: first, through: last) { columns, range in
                    times.formUnion(columns.times[range])
                    return true
                }
                let horizon = progress.horizon ?? .min
                if points.times.contains(where: { $0 >= horizon && !times.contains($0) }) { return seal - 1 }
            }
        }
        return progress.seal
    }
}
