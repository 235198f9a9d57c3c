import KomokuSQLite
package import Komoku
import KomokuSystem

/// A time in which a key had one value.
package struct Span: Hashable, Sendable {
    package var start: Timestamp
    /// Nil where it still holds.
    package var length: Duration?
    /// The part of it in which nobody watched.
    package var unwatched: Duration

    package init(start: Timestamp, length: Duration?, unwatched: Duration = .zero) {
        self.start = start
        self.length = length
        self.unwatched = unwatched
    }
}

extension Store {
    /// What is known of each window of a key.
    ///
    /// Whole buckets of the tiers are used where the windows allow it, points elsewhere; percentiles and spans always need points.
    ///
    /// - Parameter then: runs on a reader thread.
    package func statistics(
        _ query: StatisticsQuery, then: @escaping @Sendable (Result<StatisticsReport, Error>) -> Void
    ) {
        read(query.scope, none: StatisticsReport(), then) { reader, outages in
            try reader.reading(as: query).statistics(query, outages: outages)
        }
    }

    /// What is known of each hour of the day, or each day of the week.
    ///
    /// - Parameters:
    ///   - query: its bounds do not count.
    ///   - then: runs on a reader thread; the windows are the 24 hours from 0 on, or the 7 days from Monday on.
    package func profile(
        _ query: StatisticsQuery, _ profile: Profile,
        then: @escaping @Sendable (Result<StatisticsReport, Error>) -> Void
    ) {
        var scope = query
        scope.bounds = profile.bounds
        read(scope.scope, none: StatisticsReport(), then) { reader, outages in
            try reader.reading(as: query).statistics(query, profile, outages: outages)
        }
    }

    /// The times at which a key had `value`, ascending, the newest `limit` of them; the first may begin at `since`, the last may end at
    /// `until` or still hold.
    ///
    /// - Parameter then: runs on a reader thread.
    package func spans(
        of key: KeyID, value: Value, since: Timestamp, until: Timestamp, now: Timestamp, limit: Int,
        then: @escaping @Sendable (Result<[Span], Error>) -> Void
    ) {
        let before = until.microseconds
        let scope = ReadingScope(key: key, tiers: [.raw], from: since.microseconds, through: before)
        read(scope, none: [], then) { reader, outages in
            let from = since.microseconds
            let carried = try reader.point(before: from)
            var collector = SpanCollector(
                of: value, since: since, until: until, now: now, carried: carried?.value, limit: limit,
                outages: outages, carriedTime: carried?.time)
            _ = try reader.read(from: from, before: before, tier: nil) { piece in
                switch piece {
                case .points(let columns, let range): collector.add(columns, range)
                case .summary(let summary): collector.pass(summary)
                case .buckets(let columns, let range): collector.pass(columns.summary(of: range))
                case .replacement: break
                }
            }
            return collector.finish()
        }
    }

    /// What held at a time: the newest point at or before it, wherever it is kept.
    ///
    /// - Parameter then: runs on a reader thread.
    package func value(
        of key: KeyID, at time: Timestamp, then: @escaping @Sendable (Result<Value?, Error>) -> Void
    ) {
        let bound = time.microseconds == .max ? time.microseconds : time.microseconds + 1
        read(.short(key), none: nil, then) { reader, _ in try reader.point(before: bound)?.value }
    }

    /// The newest time before another one of which anything is known: of a point, or of the last point in a bucket.
    ///
    /// - Parameter then: runs on a reader thread.
    package func newest(
        of key: KeyID, before time: Timestamp, then: @escaping @Sendable (Result<Timestamp?, Error>) -> Void
    ) {
        read(.short(key), none: nil, then) { reader, _ in
            try reader.point(before: time.microseconds).map { Timestamp(microseconds: $0.time) }
        }
    }

    /// The oldest time of which anything is known: of a point, or of the first point in a bucket.
    ///
    /// - Parameter then: runs on a reader thread.
    package func oldest(of key: KeyID, then: @escaping @Sendable (Result<Timestamp?, Error>) -> Void) {
        read(.short(key), none: nil, then) { reader, _ in try reader.oldest().map(Timestamp.init(microseconds:)) }
    }

    func read<Answer: Sendable>(
        _ scope: ReadingScope, none: Answer, _ then: @escaping @Sendable (Result<Answer, Error>) -> Void,
        _ body: @escaping @Sendable (HistoryReader, Outages) throws -> Answer
    ) {
        let key = scope.key
        // The head first: what is sealed between the two is in both, and the watermark tells.
        let (head, outages, replacements) = monitor.withLock { state in
            let query = PointQuery(key: key, since: nil, until: nil, limit: .max, newestFirst: false)
            return (query.head(of: state), state.outages.of(key), state.replacements.of(key))
        }
        let report = damages.report
        read(scope) { db in
            then(
                Result(reading: key) {
                    // It was deleted meanwhile.
                    guard let head else { return none }
                    var reader = try HistoryReader(db.get(), key, head: head, report: report)
                    reader.replacements = replacements
                    return try body(reader, outages)
                })
        }
    }
}

extension HistoryReader {
    func statistics(
        _ query: StatisticsQuery, _ profile: Profile? = nil, outages: Outages = Outages()
    ) throws -> StatisticsReport {
        let bounds = profile?.bounds ?? query.bounds
        guard let first = bounds.first?.microseconds, let last = bounds.last?.microseconds else {
            return StatisticsReport()
        }
        let carried = try point(before: first)
        let behind = rules == nil ? nil : try counter(before: first)
        var accumulator = WindowAccumulator(
            query, carried: carried?.value, behind: behind, profile: profile, outages: outages, at: carried?.time)
        let needsPoints = !query.percentiles.isEmpty || query.wantsSpans
        let tier = needsPoints ? nil : try tier(for: bounds.map(\.microseconds))
        let coarseness = try read(from: first, before: last, tier: tier) { accumulator.add($0) }
        if rules != nil { try look(ahead: last, now: query.now.microseconds, &accumulator) }
        var report = StatisticsReport()
        report.windows = accumulator.finish()
        report.percentileError = accumulator.percentileError
        report.tiersSince = try tier.flatMap { try firstStart(of: $0) }.map(Timestamp.init(microseconds:))
        let rawSince = tier == nil ? coarseness.closedUntil : horizon
        report.rawSince = rawSince > first ? Timestamp(microseconds: rawSince) : nil
        report.resolution = coarseness.span > 0 ? Duration(microseconds: coarseness.span) : nil
        return report
    }
}
