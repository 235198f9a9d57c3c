import KomokuSQLite
import Komoku
import KomokuSystem

extension Writer {
    /// A slice of a request that puts points among those that wait: what is new goes the way of a put, the rest is counted.
    mutating func proceed(_ addition: RunningRequest.Addition) throws {
        var addition = addition
        let begin = Moment.now
        var batch = Batch()
        while addition.next < addition.request.series.count, begin + Self.additionPatience > .now {
            let series = addition.request.series[addition.next]
            addition.next += 1
            let head = monitor.withLock { state in
                PointQuery(key: series.key, since: nil, until: nil, limit: .max, newestFirst: false).head(of: state)
            }
            // It was deleted meanwhile.
            guard let head else { continue }
            let admission = try database.write { db in try admitted(series, head, db) }
            let through = admission.through(admission.points.count)
            let joined = try joined(through.closed, to: series.key)
            addition.inserted.leftOut += through.closed.count - joined
            addition.inserted.known += through.known
            addition.inserted.stored += through.new + joined
            let limit = addition.request.limit
            let newest = monitor.withLock { $0.newest(of: series.key, admission.points, until: limit) }
            batch.puts += admission.points.points(0..<admission.points.count).map { point in
                Put(
                    series.key, point, isNewest: newest.contains { $0.isNewest && $0.time == point.time },
                    dating: point.time > limit ? .future : .given)
            }
        }
        let isDone = addition.next == addition.request.series.count
        let (then, inserted) = (addition.request.then, addition.inserted)
        let (interval, sealInterval, headLimit) = (
            configuration.commitInterval, configuration.sealInterval, configuration.headLimit
        )
        monitor.withLock { state in
            state.statistics.leftOutPoints += isDone ? inserted.leftOut : 0
            if !batch.isEmpty {
                state.append(batch)
                _ = state.schedule(interval, sealInterval, headLimit: headLimit)
            }
            guard isDone else { return }
            state.requestIsRunning = false
            state.waiters.append { outcome in
                switch outcome {
                case .durable: then(.success(inserted))
                case .unstored(let reason): then(.failure(Store.Error(subject: "the store", message: reason)))
                }
            }
        }
        running = isDone ? nil : .addition(addition)
    }

    private static let additionPatience = Duration.milliseconds(15)

    /// - Returns: how many of the points of closed hours are in their buckets now.
    private func joined(_ late: PointColumns, to key: KeyID) throws -> Int {
        if late.isEmpty { return 0 }
        return try transact(.lock) { db in
            let traits = try traits(of: key, db)
            if traits.isLog { return 0 }
            let progress = try ProgressTable.get(key, db)
            return try LateJoin(db: db, key: key, traits: traits, progress: progress, report: damages.report).join(late)
        }
    }

    private func admitted(
        _ series: Request.Addition.Series, _ head: [HeadPoints], _ db: Database
    ) throws -> Admission {
        var admission = Admission(series.points)
        let progress = try ProgressTable.get(series.key, db)
        if monitor.withLock({ $0.logs[series.key] != nil }) {
            admission.close(before: progress.horizon ?? .min)
        } else {
            try admission.close(ClosedHours(db, series.key, progress, report: damages.report))
        }
        guard let last = admission.points.times.last else { return admission }
        let there = try KeySnapshot(db, series.key, head: head, through: last, report: damages.report)
        try admission.passOverKnown(in: there)
        return admission
    }
}
