internal import Komoku
internal import KomokuHub
internal import KomokuStore
internal import KomokuWire

/// Means of the points of each step, steps being counted from 1970 UTC: the newest so many that have points.
///
/// Dense history is asked for as statistics, up to 10,000 windows at a time, newest first. Where few of these have points,
/// points are read instead, so that it never takes longer than what is stored would make it.
struct MeanSteps: Sendable {
    let key: KeyInfo
    /// Microseconds.
    let span: Int64
    let limit: Int
    let store: Store
    let now: Timestamp

    /// One group of points.
    struct Group: Hashable, Sendable {
        /// Microseconds since 1970.
        var start: Int64
        var mean: Double
    }

    private typealias Answer = @Sendable (Reply) -> Void

    /// How far it has come.
    fileprivate struct Progress: Sendable {
        /// Newest first.
        var groups: [Group] = []
        /// All from here on is done; microseconds, as `low`.
        var end: Int64
        /// The first moment that counts.
        let low: Int64
        /// From when on there are raw points.
        var rawSince = Int64.min
    }

    /// Shorter steps than this are not kept once the points are gone.
    private static let shortestBucket: Int64 = 300_000_000
    private static let maximumPoints = 10_000
    private static let fewSteps = 64

    /// Answers `[[start of step, mean], …]`, ascending; both bounds are left out.
    func answer(after: Timestamp?, before: Timestamp?, _ then: @escaping @Sendable (Reply) -> Void) {
        // What waits for its time is told where it is asked for.
        let end = (before ?? key.end(at: now) ?? .distantFuture).microseconds
        if let after { return walk(Progress(end: end, low: after.microseconds + 1), then) }
        store.oldest(of: key.id) { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let oldest):
                guard let oldest else { return then(.points([])) }
                walk(Progress(end: end, low: oldest.microseconds), then)
            }
        }
    }

    /// Goes on with the newest of what is missing: time in which there is nothing is passed over, however long it is.
    private func walk(_ progress: Progress, _ then: @escaping Answer) {
        guard progress.low < progress.end, progress.groups.count < limit else { return finish(progress, then) }
        store.newest(of: key.id, before: Timestamp(microseconds: progress.end)) { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let newest):
                guard let newest = newest?.microseconds, newest >= progress.low else { return finish(progress, then) }
                var progress = progress
                progress.end = min(progress.end, newest + 1)
                ask(progress, then)
            }
        }
    }

    /// Asks for the statistics of the newest steps that are missing.
    private func ask(_ progress: Progress, _ then: @escaping Answer) {
        let width = progress.end <= progress.rawSince ? max(span, Self.shortestBucket) : span
        let newest = Self.floor(progress.end - 1, width)
        let missing = min(limit - progress.groups.count, StatisticsQuery.maximumWindows)
        let wanted = min(2 * missing + Self.fewSteps, StatisticsQuery.maximumWindows) - 1
        let count = min((newest - Self.floor(progress.low, width)) / width, Int64(wanted))
        let first = newest - count * width
        var bounds = Array(stride(from: first, to: progress.end, by: Int(width))).map(Timestamp.init(microseconds:))
        bounds[0] = Timestamp(microseconds: max(first, progress.low))
        let query = StatisticsQuery(
            key: key.id, type: key.type, bounds: bounds + [Timestamp(microseconds: progress.end)], now: now)
        store.statistics(query) { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let report): take(report, upTo: first, progress, then)
            }
        }
    }

    private func take(
        _ report: StatisticsReport, upTo first: Int64, _ progress: Progress, _ then: @escaping Answer
    ) {
        var progress = progress
        if let rawSince = report.rawSince { progress.rawSince = rawSince.microseconds }
        progress.end = max(progress.low, first)
        var found = 0
        for window in report.windows.reversed() {
            guard let mean = window.mean else { continue }
            progress.add(Group(start: Self.floor(window.start.microseconds, span), mean: mean))
            found += 1
        }
        let isSparse = found * 4 < report.windows.count && progress.end > progress.rawSince
        if isSparse, progress.end > progress.low { readPoints(progress, then) } else { walk(progress, then) }
    }

    /// Groups the newest points that are missing.
    private func readPoints(_ progress: Progress, _ then: @escaping Answer) {
        guard progress.groups.count < limit else { return finish(progress, then) }
        let low = max(progress.low, progress.rawSince)
        store.points(
            of: key.id, since: Timestamp(microseconds: low - 1), until: Timestamp(microseconds: progress.end),
            limit: Self.maximumPoints, newestFirst: true
        ) { result in
            switch result {
            case .failure(let error): then(.error(.store(error)))
            case .success(let points): take(points, from: low, progress, then)
            }
        }
    }

    private func take(_ points: [Point], from low: Int64, _ progress: Progress, _ then: @escaping Answer) {
        var progress = progress
        // The oldest step may reach below what was read: statistics tell it whole.
        var complete = low > progress.low ? Self.floor(low, span) + span : low
        if points.count == Self.maximumPoints, let oldest = points.last {
            complete = max(complete, Self.floor(oldest.time.microseconds, span) + span)
        }
        for group in Self.grouped(points, by: span) where group.start >= complete || complete <= progress.low {
            progress.add(group)
        }
        progress.end = min(progress.end, max(complete, progress.low))
        walk(progress, then)
    }

    private func finish(_ progress: Progress, _ then: Answer) {
        var bytes: [UInt8] = []
        JSON.writeList(progress.groups.prefix(limit).reversed(), into: &bytes) { group, bytes in
            let mean: JSON = group.mean.isFinite ? .number(group.mean) : .null
            JSON.array([.number(Double(group.start) / 1e6), mean]).write(into: &bytes)
        }
        then(.encoded(bytes))
    }

    /// The means of points that come newest first, so grouped.
    static func grouped(_ points: [Point], by span: Int64) -> [Group] {
        var groups: [Group] = []
        var (sum, count) = (0.0, 0)
        for point in points {
            guard let number = point.value?.number else { continue }
            let start = floor(point.time.microseconds, span)
            if groups.last?.start != start {
                groups.append(Group(start: start, mean: 0))
                (sum, count) = (0, 0)
            }
            sum += number
            count += 1
            groups[groups.count - 1].mean = sum / Double(count)
        }
        return groups
    }

    static func floor(_ time: Int64, _ span: Int64) -> Int64 {
        let remainder = time % span
        return time - (remainder < 0 ? remainder + span : remainder)
    }
}

extension MeanSteps.Progress {
    /// Where a step's statistics came in two parts, the newer one counts.
    fileprivate mutating func add(_ group: MeanSteps.Group) {
        if groups.last?.start != group.start { groups.append(group) }
    }
}
